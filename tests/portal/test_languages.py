"""English and Chinese are equal: every page in both, and nothing of the one left in the other."""

from __future__ import annotations

import re
from collections.abc import Callable

from chalicelib.web.sessions import LANGUAGE_COOKIE
from infra.messages import translations
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]

NAMES = re.compile(r"[A-Z][\w’-]*( [A-Z][\w’-]*)+")


def test_every_page_says_its_language(world: World, visit: Visit, looks: dict[str, str]) -> None:
    for address in [*looks.values(), "/portal/sign-in", "/portal/nowhere"]:
        for chosen, expected in (("en", "en"), ("zh", "zh-Hans")):
            visitor = visit("hq") if "sign-in" not in address else visit()
            visitor.cookies[LANGUAGE_COOKIE] = chosen
            page = visitor.get(address)
            assert f'<html lang="{expected}">' in page.html, address
            assert page.headers["content-language"] == chosen


def test_nothing_english_is_left_in_a_chinese_page(world: World, visit: Visit, looks: dict[str, str]) -> None:
    """Looks for every English text of the catalogue that is long enough to be no part of a name."""
    english = {text.singular for text, _ in translations() if len(text.singular) > 7 and "%(" not in text.singular}
    for name, address in [*looks.items(), ("missing", "/portal/nowhere"), ("sign-in", "/portal/sign-in")]:
        visitor = visit("hq") if name != "sign-in" else visit()
        visitor.cookies[LANGUAGE_COOKIE] = "zh"
        text = visitor.get(address).text
        left = {sentence for sentence in english if re.search(rf"(?<!\w){re.escape(sentence)}(?!\w)", text)}
        assert not left, (name, left)


def test_no_chinese_is_left_in_an_english_page(world: World, visit: Visit, looks: dict[str, str]) -> None:
    written = {"王小明", "李娜", "田中由紀", "陈静", "中文", "王", "김민준"}
    for address in looks.values():
        visitor = visit("hq")
        visitor.cookies[LANGUAGE_COOKIE] = "en"
        found = set(re.findall(r"[\u4e00-\u9fff]+", visitor.get(address).text))
        assert found <= written, (address, found - written)


def test_days_and_names_in_chinese(world: World, visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.get("/portal/arrivals")
    assert "2026年3月4日 星期三" in page.text
    assert "Maria Schmidt 3月6日生日 4 晚 2026年3月4日至8日" in page.text
    assert "海港酒店" in page.text and "Harbour House" not in page.text


def test_the_language_is_staffs_own_unless_the_browser_has_another(world: World, visit: Visit) -> None:
    assert '<html lang="zh-Hans">' in visit("manager").get("/portal/guests").html
    assert '<html lang="en">' in visit("desk").get("/portal/guests").html
    assert '<html lang="en">' in visit("manager").get("/portal/guests?lang=en").html
    assert '<html lang="zh-Hans">' in visit().get("/portal/sign-in", accept_language="zh-CN,zh;q=0.9").html


def test_switching_stays_where_one_is(world: World, visit: Visit) -> None:
    visitor = visit("desk")
    page = visitor.get("/portal/guests?language=de")
    answer = visitor.submit(page, "/portal/language")
    assert answer.headers["location"] == "/portal/guests?language=de"
    assert visitor.cookies[LANGUAGE_COOKIE] == "zh"
    assert '<html lang="zh-Hans">' in visitor.follow(answer).html


def test_switching_before_signing_in(world: World, visit: Visit) -> None:
    visitor = visit()
    answer = visitor.submit(visitor.get("/portal/sign-in?next=/portal/guests"), "/portal/language")
    assert answer.headers["location"] == "/portal/sign-in?next=%2Fportal%2Fguests"
    assert "登录" in visitor.follow(answer).text


def test_switching_leads_nowhere_else(world: World, visit: Visit) -> None:
    visitor = visit("desk")
    answer = visitor.submit(visitor.get("/portal/guests"), "/portal/language", back="https://evil.example")
    assert answer.headers["location"] == "/portal"


def test_refusals_are_said_in_the_readers_language(world: World, visit: Visit) -> None:
    visitor = visit("desk")
    visitor.cookies[LANGUAGE_COOKIE] = "zh"
    page = visitor.get("/portal/imports")
    assert page.status == 403
    assert "您的角色没有此权限" in page.text
    page = visitor.post("/portal/guests/searches", {"q": "x"})
    assert "表单已过期" in page.text
    page = visitor.submit(visitor.get("/portal/guests"), "/portal/guests/searches", q="a@b")
    assert "@ 之后的域名不正确" in visitor.follow(page).text


def test_a_test_chain_shows_its_clock_and_that_it_is_one(world: World, visit: Visit) -> None:
    page = visit("desk").get("/portal/guests")
    assert "Test chain · Example Hotels · its clock shows 4 March 2026, 11:30" in page.text
    assert "测试集团 · Example Hotels · 测试时钟 2026年3月4日 11:30" in visit("manager").get("/portal/guests").text
