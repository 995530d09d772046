"""Groups of given names under which one person goes: short forms, pet forms, spellings of other languages.

Two names agree as variants if some group has both. A name may be in several groups: `alex` is short for many.
"""

from __future__ import annotations

GROUPS = """
alexander alex al sandy xander alexandre alejandro alessandro aleksandr alexandr aleksander sasha sascha lex oleksandr iskander aleks
alexandra alex sandra sandy alexa lexi lexie sasha aleksandra alessandra alejandra ally alix oleksandra
andrew andy drew andreas andre andrea andres andrei andrey andrej anders andrzej andriy
anthony tony anton antonio antoine anthoney toni antonius
antonia toni tonia antonina antoinette
abigail abby abbey abbie gail
adelaide addie adele heidi
agnes aggie agnieszka ines
albert al bert bertie alberto
alfred al alf alfie fred freddie alfredo
alan allan allen al
amanda mandy mandi amandine
amelia amy millie mila emilia amelie
angela angie angelina angelica
ann anne anna annie nan nancy annika anya anita ana anni
arthur art artie arturo artur
augustus gus august augustin
barbara barb babs barbie basia varvara
benjamin ben benny benji beniamino
bernard bernie bernhard bernardo barney
beatrice bea trixie beatrix beatriz
bradley brad bradford
brian bryan brien bryon
caitlin kate katie cait kaitlyn katelyn caitlyn kaitlin katelin kaitlynn
cameron cam kameron
carl karl carlos charles carlo karel karol
caroline carol carrie carolyn carolina lina karoline karolina caro
catherine katherine kathryn cathy kathy kate katie kitty cate catharine katharina katarina katerina ekaterina yekaterina caterina catalina catarina kathrin karin katja katya kat kathleen cath katharine kasia
cecilia cissy celia cecile cecily
charles charlie chuck chas chip charly carlos karl
charlotte charlie lottie lotte charley carlotta
chelsea chelsie chelsey
christian chris christiaan kristian cristian
christina christine chris tina chrissy kristina kristine kirsten cristina kristin christa christel krystyna chrissie
christopher chris topher kit christoph christophe cristobal kristoffer christophoros krzysztof kristopher
claire clare clara klara chiara
clifford cliff
constance connie konstanze
cornelius neil corne cornelis
cynthia cindy
daniel dan danny daniil danil dani daniele
danielle dani daniela
david dave davey davy davide dawid davyd
deborah debbie deb debra debora
dennis denis denny dionisio
dmitry dmitri dimitri dmitrij dima dmitriy dimitrios dmytro dimitris
dominic dom nick dominik dominique domenico domingo
donald don donnie
dorothy dot dottie dolly dorothea dora dorotea
douglas doug
edward ed eddie ted ned teddy eduardo eduard edouard edoardo edvard
edmund ed ned ted edmond
edwin ed eddie
eleanor ellie nell nora elinor leonor eleonore ella eleonora
elizabeth liz beth betty eliza lizzie elisabeth elsie libby bess betsy lisa elise ilse elisabetta isabel elspeth lilibet alzbeta elzbieta yelizaveta elizaveta lizbeth
emily em emmy emilie emilia emely
emma em emmy
eric erik erich ric
ernest ernie ernst ernesto
eugene gene evgeny evgeni yevgeny eugen eugenio yevgeni evgenii
evelyn evie eve eva
ferdinand fernando ferdi nando
florence flo flora florrie
frances fran franny francesca francine franziska francisca fanny
francis frank fran francisco francesco franz francois franciscus frans pancho paco
frederick fred freddie freddy frederic frederik friedrich federico fritz fryderyk fredrik
gabriel gabe gabi gavriel
gabrielle gabby gabriela gabriella gabriele
geoffrey jeff geoff jeffrey jeffery
gerald gerry jerry gerard gerhard gerardo geraldo
george georg georges jorge giorgio jerzy yuri iouri yury yuriy georgy georgios jiri
georgina georgia georgie gina georgiana
gertrude trudy gerti gertrud
giuseppe joseph jose josef yusuf yosef beppe peppe josip jozef joe joey jo pepe iosif
giovanni john johann johannes jean juan joao ivan jan johan hans ian sean gianni johnny jack jon ivo iwan ioannis yannis janos shaun shawn evan joan
giulia julia julie juliet yulia iulia juliette jules giulietta
gregory greg gregor gregorio grigory grigori gregg
gustav gus gustavo gustave
hannah hanna
harold harry hal harald
harriet hattie harriett
helen helena helene ellen elena yelena nell nellie lena olena eleni alena
henry harry hank hal heinrich henri enrique henrik enrico hendrik henryk
herbert herb bert heriberto
howard howie
hugh hugo huey hughie ugo
ignatius iggy ignacio ignazio nacho
irene irina rene renie iryna
isabella isabel isobel bella izzy isabelle belle ysabel izabela isabela isabell
isaac ike izaak isak
jacob jake jacobo jakob jakub yakov jacques giacomo james jakov
jacqueline jackie jacqui jaclyn jacquelyn
james jim jimmy jamie jaime jaimie diego santiago iago jem
jane janie jenny jean joan jana janet jayne jeanne
janet jan jannie janette
jason jase
jasmine jazz yasmin yasmine jasmin jazmin jazmine jas
jennifer jen jenny jenn jenifer
jeremy jerry jez jeremiah jeremias
jessica jess jessie jessika
joanna jo joanne joan johanna joana jojo hanna
jonathan jon jonny jonathon johnathan nathan john jonathen
joseph joe joey jo
josephine jo josie josefina josephina josefine
joshua josh josue
judith judy judi judit jude
julian jules giuliano juliano julien
karen kari karin
kenneth ken kenny
kimberly kim kimberley kimmie
kyle kile kyl
lachlan lachie lochlan lachlann
laura laurie lori laure lauren
lauren laurie laryn loren
lawrence larry laurence laurent lorenzo lars laurie lorenz lourens laurentius
leonard leo len lenny leonardo leonhard leon lennard
leo lev leon leonid
lewis louis lou luis ludwig luigi louie luiz lodewijk
lillian lily lil lilian lilly liliana
linda lindy lin lynda
louise lou lulu luisa louisa luise
lucas luke luca luc lukas lukasz
lucy lucia lucie lucille luz lucinda
lydia liddy lidia
madeline maddie madeleine maddy madelyn madalyn magdalena madalena lena madison
marcus mark marc marco marcos markus marek marko
margaret maggie meg peggy margie greta rita marge megan madge marguerite margarita margarete margarethe margherita malgorzata gretchen daisy gosia mairead
maria mary marie mariya mariam miriam maryam molly polly mia maryse may mimi masha marija mariah maria-jose
marianne marian mariana marion maryanne
martha marta martje mattie
martin marty martino marten martijn marcin martyn
mathew matthew matt matty matteo mateo matthias mattheus mathieu matheus mateus matthieu matthijs mats matvey matti mateusz mathias
maximilian max maxim maxime maximiliano massimiliano massimo maksim maksym
melanie mel melly melania
melissa mel missy lissa
michael mike mick micky mickey miguel michel michele mikhail mikael michal mischa misha mikhael mitch mihail mykhailo mikey mihai micheal
michelle shelly michaela michele shell chelle
mitchell mitch mitchel
mohammed muhammad mohamed mohammad muhammed mohamad mehmet mohd md muhamad mohamet mohamud
ahmed ahmad ahmet achmed akhmed
abdullah abdallah abdulla abdul
ali aly alee
hassan hasan
hussein husain hussain hossein husayn hussien huseyin
ibrahim abraham ibraheem abram avraham brahim abe
ismail ishmael ismael
khalid khaled
mustafa mostafa moustafa mustapha
omar umar omer oumar
osman othman uthman usman ottman
yusuf youssef yousef yousuf youcef josef joseph yosef
fatima fatma fatimah fatemeh
aisha ayesha aysha aicha ayse
natalie nat nathalie natalia natasha natalya nataliya natali
nathaniel nathan nate nat nathanael
nicholas nick nicky nicolas nikolas nikolai nikolay nicola niccolo klaus nico nikolaus mykola niklas nikolaos claus nicholaus nik
nicole nicky nikki nicola nicoletta nikola nicky
oliver ollie olly olivier oliviero
olivia liv livia livvy ollie
pamela pam pammy
patricia pat patty trish tricia patsy patrizia patti trisha
patrick pat paddy patricio patrik patrice padraig patrizio
paul paolo pablo paulo pavel pawel pauly pol pavlo poul
paula paola pauline paulina polina
penelope penny penelopa
peter pete pedro pierre pietro piotr pyotr petr pieter per petros petrus petro piet petar
philip phil phillip pip felipe philippe filippo filip philipp filipe
philippa pippa pip
rachel rach rachael raquel rachelle shelly
raymond ray raimundo ramon raimund raymundo
rebecca becky becca bec rebekah rebeka bex
reginald reg reggie
richard rick dick rich ricky richie ricardo riccardo rik ryszard rickie
robert bob rob bobby robbie bert roberto robin rupert ruprecht bobbie
roger rodge rogelio rutger ruggero
ronald ron ronnie
rosemary rose rosie romy rosemarie
rose rosa rosie roza
roxanne roxy roxana
rudolf rudy rudi rodolfo
ruth ruthie
salvatore sal salvador
samantha sam sammy sammie
samuel sam sammy sami samuele
sarah sara sally sadie sarina
sebastian seb bastian basti sebastien bas
sergei sergey sergio serge sergej serhiy serguei sergiy
sharon shaz sharron
sophia sophie sofia sofie sofya zofia sonja sonya sonia
stanley stan stanislav stanislaw stas
stephen steve steven stefan stephan stevie stephane esteban stefano stephanus etienne istvan szczepan estevao stepan
stephanie steph stefanie steffi stephania stefania stevie stefany
susan sue susie suzy suzanne susanna susanne suzanna zuzana susana
svetlana lana sveta
sydney sid sidney
tatiana tanya tania tatyana tetiana tanja
teresa terry tess theresa tessa terri therese thea tereza teresia
terence terry terrence terrance
theodore ted theo teddy teodor fyodor fedor teodoro theodor tudor
thomas tom tommy tomas tommaso tomasz thom toma
timothy tim timmy timo timofey
tobias toby tobiah
valentina valya val tina
valerie val valeria valery
vanessa nessa van
veronica ronnie vera veronika veronique
victor vic vik viktor vittorio victorio wiktor
victoria vicky tori vicki viktoria vittoria vic vickie
vincent vince vinnie vicente vincenzo vinny
virginia ginny ginger
vladimir vlad volodymyr vova wladimir volodya
walter walt wally gualtiero
william bill will billy willy liam wilhelm guillermo guillaume willem guglielmo willie wil vilhelm bil
winifred winnie freda
zachary zach zack zac zachariah zakary zackary
"""
