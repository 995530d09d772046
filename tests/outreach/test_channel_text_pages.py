"""Texts in the portal: parts and prices to the millionth, signatures, and registered wordings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.i18n import InvalidValue
from chalicelib.outreach.pages.channels import texts as channel_texts
from chalicelib.outreach.rules import prices
from chalicelib.outreach.rules.channels import Settings, Wording
from chalicelib.outreach.service import channels
from tests.builders import make_property
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

TEXTS = "/portal/channels/texts"
PRICES, SIGNATURES, WORDINGS = f"{TEXTS}/prices", f"{TEXTS}/signatures", f"{TEXTS}/wordings"
BIRTHDAY = "{name}，生日快乐。回复TD退订"


def settings(world: World) -> Settings:
    return channels.settings_now(world.hq)


class TestAmounts:
    @pytest.mark.parametrize(
        ("written", "micros"),
        [
            ("0.039", 39_000), ("0,039", 39_000), (" .5 ", 500_000), ("2", 2_000_000), ("2.", 2_000_000), ("0", 0),
            ("0.000001", 1), ("0.10000000000", 100_000), ("０．０３９", 39_000), ("1.000", 1_000_000),
            ("12,5", 12_500_000), ("1.001", 1_001_000), ("0.250001", 250_001),  # a float loses one of these millionths
        ],
    )  # fmt: skip
    def test_as_people_write_them(self, written: str, micros: int) -> None:
        assert prices.micros_of(written) == micros

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ("", prices.NO_AMOUNT), (".", prices.NO_AMOUNT), ("abc", prices.NO_AMOUNT), ("-1", prices.NO_AMOUNT),
            ("1e3", prices.NO_AMOUNT), ("1 000", prices.NO_AMOUNT), ("0.1.2", prices.NO_AMOUNT),
            ("NaN", prices.NO_AMOUNT), ("٣", prices.NO_AMOUNT), ("9" * 41, prices.NO_AMOUNT),
            ("0.0000001", prices.TOO_FINE),
            ("1,000", prices.GROUPED), ("1,234.5", prices.GROUPED), ("12,345,678", prices.GROUPED),
        ],
    )  # fmt: skip
    def test_what_is_none(self, written: str, why: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            prices.micros_of(written)
        assert refused.value.reason == why

    @given(st.integers(0, 10 * prices.MICROS))
    def test_there_and_back(self, micros: int) -> None:
        assert prices.micros_of(prices.written(micros)) == micros
        assert not prices.written(micros).endswith(".")

    @pytest.mark.parametrize(
        ("written", "code"),
        [("351", "+351"), ("+351", "+351"), ("00 351", "+351"), ("＋３５１", "+351"), ("1 (787)", "+1787"), ("x", "x")],
    )
    def test_codes(self, written: str, code: str) -> None:
        assert prices.code_of(written) == code


class TestPrices:
    def test_from_none_to_some_and_back(self, world: World) -> None:
        hq = signed_in(world, "hq_admin")
        page = hq.get(TEXTS)
        assert "Price of a part not known" in page.text
        told = {"parts_max": "99", "currency": "", "new_code_0": "351", "new_price_0": "0.0399999999",
                "new_code_1": "00351", "new_price_1": "1", "new_code_2": "+0", "new_price_2": "11"}  # fmt: skip
        wrong = hq.submit(page, PRICES, **told)
        assert wrong.status == 422 and settings(world).number == 0
        for field, said in (
            ("parts_max", "This is too large."), ("new_price_0", "At most six decimals are kept."),
            ("new_code_1", "This code has a price already."), ("new_code_2", "This does not have the expected form."),
            ("new_price_2", "This is too large."),
        ):  # fmt: skip
            assert f'id="prices-{field}">{said}' in wrong.html, (field, said)
        assert 'value="0.0399999999"' in wrong.html and wrong.html.count('aria-invalid="true"') == 5
        odd = hq.submit(page, PRICES, parts_max="3", currency="EUR", new_code_1="~a/b", new_price_1="1")
        assert 'id="prices-new_code_1">This does not have the expected form.' in odd.html
        right = {"parts_max": "3", "new_code_0": "351", "new_price_0": "0,039", "new_code_1": "+1 787",
                 "new_price_1": "0.03", "new_code_2": "", "new_price_2": "0.5"}  # fmt: skip
        assert 'id="prices-new_code_2">This field is required.' in hq.submit(wrong, PRICES, **right).html
        right["new_price_2"] = ""
        assert 'id="prices-currency">Prices need a currency.' in hq.submit(wrong, PRICES, **right).html
        right["currency"] = "EUR"
        assert hq.submit(wrong, PRICES, **right).headers["location"] == TEXTS
        now = settings(world)
        assert (now.number, now.text_parts_max, now.text_currency) == (1, 3, "EUR")
        assert now.text_prices == {"+351": 39_000, "+1787": 30_000}
        page = hq.get(TEXTS)
        assert "3 parts Price of a part +1787: 0.03 EUR · +351: 0.039 EUR" in page.text
        assert 'name="price_351"' in page.html and 'value="0.039"' in page.html
        # One is changed, one taken away; what the form does not hold stays.
        told = {"parts_max": "3", "currency": "EUR", "price_351": "0.041", "price_1787": ""}
        assert hq.submit(page, PRICES, **told).status == 303
        assert settings(world).text_prices == {"+351": 41_000}
        assert hq.submit(hq.get(TEXTS), PRICES, parts_max="3", currency="EUR").status == 303
        assert settings(world).text_prices == {"+351": 41_000}

    def test_what_a_colleague_has_changed_meanwhile_is_not_undone(self, world: World) -> None:
        hq = signed_in(world, "hq_admin")
        channels.publish(world.hq, replace(settings(world), text_currency="EUR", text_prices={"+1": 1, "+351": 39_000}))
        page = hq.get(TEXTS)
        channels.publish(world.hq, replace(settings(world), text_prices={"+351": 39_000, "+44": 5}))
        told = {"parts_max": "5", "currency": "EUR", "price_1": "0.5", "price_351": "0.6"}
        late = hq.submit(page, PRICES, **told)
        assert late.status == 422 and "Somebody has published another version meanwhile" in late.text
        for field, value in (("price_1", "0.5"), ("price_351", "0.6"), ("price_44", "0.000005")):
            (shown,) = (tag for tag in map(dict, (one for _, one in late.tags)) if tag.get("name") == field)
            assert shown["value"] == value, field
        assert hq.submit(late, PRICES, **told, price_44="0.000005").status == 303
        assert settings(world).text_prices == {"+1": 500_000, "+351": 600_000, "+44": 5}

    def test_many_are_shown_page_by_page(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(channel_texts, "PRICE_ROWS", 2)
        known = {"+1": 1, "+20": 2, "+351": 3, "+44": 4, "+86": 5}
        channels.publish(world.hq, replace(settings(world), text_currency="EUR", text_prices=known))
        hq = signed_in(world, "hq_admin")
        first = hq.get(TEXTS)
        assert 'name="price_20"' in first.html and 'name="price_351"' not in first.html
        (following,) = {link for link in first.links if "after=" in link}
        page = hq.get(following)
        assert 'name="price_351"' in page.html and 'name="price_20"' not in page.html
        saved = hq.submit(page, PRICES, parts_max="5", currency="EUR", price_351="1", price_44="")
        assert saved.headers["location"] == following
        assert settings(world).text_prices == {"+1": 1, "+20": 2, "+351": 1_000_000, "+86": 5}
        assert hq.get(f"{TEXTS}?after=nonsense").status == 400


class TestSignatures:
    def test_of_the_chain_and_of_properties(self, world: World) -> None:
        hill, hq = make_property(world.hq, "Hill House"), signed_in(world, "hq_admin")
        page = hq.get(TEXTS)
        assert "The chain's none: nothing is texted to +86" in page.text
        wrong = hq.submit(
            page, SIGNATURES, signature="海", new_property_0=world.house.id, new_signature_0="海" * 21,
            new_property_1=world.house.id, new_signature_1="海港", new_signature_2="山庄",
        )  # fmt: skip
        assert wrong.status == 422
        length = "A signature has two to twenty characters."
        for field, said in (
            ("signature", length), ("new_signature_0", length), ("new_property_2", "This field is required."),
            ("new_property_1", "This property has a signature already."),
        ):  # fmt: skip
            assert f'id="signatures-{field}">{said}' in wrong.html, (field, said)
        told = {"signature": "【海港酒店】", "new_property_0": str(world.house.id), "new_signature_0": "海<港"}
        assert 'id="signatures-new_signature_0">This does not have' in hq.submit(page, SIGNATURES, **told).html
        told["new_signature_0"] = "海港里斯本"
        assert hq.submit(page, SIGNATURES, **told).headers["location"] == TEXTS
        assert (settings(world).signature, settings(world).signatures) == ("海港酒店", {world.house.id: "海港里斯本"})
        page = hq.get(TEXTS)
        assert "The chain's 【海港酒店】 Harbour House 【海港里斯本】" in page.text
        told = {"signature": "", f"signature_{world.house.id}": "", "new_property_0": str(hill.id)}
        assert f'id="signatures-new_signature_0">{length}' in hq.submit(page, SIGNATURES, **told).html
        assert hq.submit(page, SIGNATURES, **told, new_signature_0="山庄").status == 303
        assert (settings(world).signature, settings(world).signatures) == (None, {hill.id: "山庄"})
        assert "none: only properties with one of their own text to +86" in hq.get(TEXTS).text
        unknown = hq.submit(hq.get(TEXTS), SIGNATURES, new_property_0="prp_0", new_signature_0="山庄")
        assert unknown.status == 422 and 'id="signatures-signatures">There is no such property.' in unknown.html


class TestWordings:
    def test_registered_changed_and_taken_away(self, world: World) -> None:
        hq = signed_in(world, "hq_admin", language="zh")
        page = hq.get(TEXTS)
        told = {"occasion": "birthday", "language": "zh", "template_id": "", "text": "{password}，生日快乐。"}
        wrong = hq.submit(page, WORDINGS, **told)
        assert wrong.status == 422 and "{password}，生日快乐。</textarea>" in wrong.html
        assert 'id="fault-text">变量的写法如 {name}、{house}、{chain}。' in wrong.html
        assert 'id="fault-template_id">' in wrong.html
        told |= {"template_id": "SMS_7", "text": "{name}，生日快乐。"}
        assert 'id="fault-text">此类短信须写明退订方式。' in hq.submit(page, WORDINGS, **told).html
        told["text"] = BIRTHDAY
        assert hq.submit(page, WORDINGS, **told).headers["location"] == TEXTS
        assert settings(world).wordings == {"birthday:zh": Wording("SMS_7", BIRTHDAY)}
        again = hq.submit(hq.get(TEXTS), WORDINGS, **{**told, "template_id": "SMS_8"})
        assert 'id="fault-occasion">该时机在该语言下已有报备模板' in again.html
        # Changed, beside its own form where something is wrong; a colleague's later word is not overwritten.
        one = f"{WORDINGS}/birthday/zh"
        page = hq.get(TEXTS)
        wrong = hq.submit(page, one, template_id="SMS_8", text="{name}")
        assert 'id="birthday-zh-text">此类短信须写明退订方式。' in wrong.html and "<details open>" in wrong.html
        assert hq.submit(page, one, template_id="SMS_8", text=BIRTHDAY).status == 303
        late = hq.submit(page, one, template_id="SMS_9", text=BIRTHDAY, key="late")
        assert late.status == 422 and 'value="SMS_9"' in late.html
        assert settings(world).wordings["birthday:zh"].template_id == "SMS_8"
        # Taken away; what somebody was typing for it meanwhile stands in the form of a new one.
        page = hq.get(TEXTS)
        assert hq.submit(page, one, is_gone="yes", template_id="", text="").status == 303
        assert settings(world).wordings == {}
        late = hq.submit(page, one, template_id="SMS_10", text=BIRTHDAY, key="late")
        assert late.status == 422 and f"{BIRTHDAY}</textarea>" in late.html and 'value="SMS_10"' in late.html
        assert '<option value="birthday" selected>' in late.html
        assert hq.post(f"{WORDINGS}/tax_day/zh", page.form(WORDINGS)).status == 404
