"""How common the commonest names are, in steps: what agreement on `wang` tells is little, on `wolfensberger` much.

Each line: the bits that agreement on one of the names gives, that is −log2 of the share of people who bear it, rounded
for a chain whose guests come from many countries. A name that is in no line is rare.
"""

from __future__ import annotations

FAMILY = """
4 wang li zhang liu chen lee nguyen kim 王 李 张 刘 陈
5 yang huang zhao wu zhou smith garcia tan wong park lin 杨 黄 赵 吴 周 林
6 xu sun ma zhu hu guo he gao luo zheng jones williams brown johnson taylor martin silva lopez ng chan lim choi jung tran singh kumar santos rodriguez gonzalez hernandez martinez perez 徐 孙 马 朱 胡 郭 何 高 罗 郑
7 liang xie song tang han feng deng cao peng zeng xiao tian dong yuan pan jiang cai yu du ye su wei lv cheng ding ren shen yao lu cui zhong tan wilson davis davies miller anderson thomas white thompson jackson harris moore clark lewis walker hall young allen king wright scott green baker adams evans roberts turner campbell mitchell phillips edwards murphy kelly ryan sanchez ramirez torres flores gomez diaz cruz reyes morales ferreira pereira oliveira costa sousa rossi russo ferrari muller schmidt schneider fischer weber meyer wagner becker schulz hoffmann bernard dubois durand moreau laurent ivanov ivanova ahmed khan ali hussain patel sharma das lam leung ho cheng cheung lai yeung ito sato suzuki takahashi tanaka watanabe yamamoto nakamura kobayashi kato 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 袁 潘 蒋 蔡 余 于 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭
8 wood watson cooper hughes ward morris rogers cook bell bailey parker collins stewart morgan carter reed robinson harrison simpson robertson hill mason hunter hamilton graham webb reid ford marshall fletcher fox simmonds nicholls kennedy burke walsh byrne o'brien obrien oconnor sullivan mccarthy petersen campbell martinez koch bauer richter klein wolf neumann schwarz zimmermann kruger bianchi romano ricci marino gallo conti esposito petit robert richard leroy roux david morel simon michel fernandez jimenez moreno alvarez romero alonso gutierrez navarro rodrigues martins fernandes goncalves gomes alves almeida ribeiro andersson johansson karlsson nilsson eriksson larsson hansen jensen nielsen pedersen andersen petrov smirnov kuznetsov popov
"""

GIVEN = """
6 james john robert michael william david mary maria anna mohammed thomas daniel jose wei jing li min yan ying lei tao jun jie fang hui juan yong 伟 静 敏 丽 强 磊 军 洋 勇 艳 杰 娟 涛 超 明 霞 秀英 芳 娜
7 joshua jack emily sarah jessica matthew samuel joseph charles christopher andrew peter paul mark george luke james benjamin ryan thomas lachlan nicholas jacob alexander olivia sophie isabella emma chloe georgia hannah laura elizabeth jennifer linda patricia barbara susan ahmed ali juan carlos luis antonio manuel francisco pedro marie jean pierre hans peter michel philippe giovanni giuseppe marco andrea francesco ana carmen joao ivan alexander sergey elena olga bin bo chao dan gang hao hong hua jian kai lan lin ling long mei na ning peng ping qiang qing rui shan tian ting xia xin xue yang yi yu yuan yun zhen 平 刚 桂英 华 红 玲 建华 建国 建军 婷 鹏 斌 波 辉 浩 宇 浩然 子轩 宇轩 梓涵 欣怡 志强 志明 小明
8 harry oliver charlie ethan noah liam mason lucas logan jackson dylan connor cameron jordan aaron adam nathan zachary tyler bailey harrison hamish angus hugo finn toby riley cooper brandon caitlin lauren jasmine mia ella lucy grace charlotte amelia zoe ruby lily holly molly madison alyssa brianna courtney taylor rachel samantha nicole stephanie rebecca kate amy sara katie claire julia victoria alexandra natalie melissa michelle karen helen nancy lisa sandra donna carol ruth sharon brian kevin steven edward ronald anthony jason jeffrey gary timothy larry frank scott eric stephen patrick raymond gregory dennis jerry henry walter arthur albert martin stefan andreas wolfgang klaus jurgen claudia petra sabine julien nicolas camille sofia martina giulia chiara luca matteo lorenzo alessandro paula lucia marta miguel javier pablo sergio diego fatima aisha omar hassan hussein ibrahim yusuf raj amit priya
"""
