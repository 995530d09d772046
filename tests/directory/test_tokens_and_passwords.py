"""What is shown, what is stored, and that one does not give away the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.service import passwords, tokens
from chalicelib.kernel.ids import new_id
from tests.shortcuts import FULL_STRENGTH


class TestTokens:
    def test_a_token_carries_chain_and_key(self) -> None:
        token = tokens.Token(True, new_id("chn"), new_id("key"), tokens.new_secret())
        assert str(token).startswith("hk_test_") and tokens.parse(str(token)) == token

    def test_live_and_test_look_different(self) -> None:
        parts = new_id("chn"), new_id("key"), tokens.new_secret()
        assert str(tokens.Token(False, *parts)).startswith("hk_live_")

    @given(st.text(max_size=150))
    def test_no_text_breaks_it(self, text: str) -> None:
        found = tokens.parse(text)
        assert found is None or str(found) == text

    @pytest.mark.parametrize("change", [str.upper, lambda text: text + "\n", lambda text: text.replace("_", "-")])
    def test_near_misses_are_no_tokens(self, change: object) -> None:
        token = str(tokens.Token(True, new_id("chn"), new_id("key"), tokens.new_secret()))
        assert tokens.parse(change(token)) is None  # type: ignore[operator]

    def test_secrets_differ_and_are_stored_as_hashes(self) -> None:
        secret = tokens.new_secret()
        assert secret != tokens.new_secret() and secret not in tokens.hash_of(secret)
        with pytest.raises(ValueError, match="32 to 64"):
            tokens.hash_of("short")


class TestPasswords:
    @pytest.fixture(autouse=True)
    def _full_strength(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As the product does it; everywhere else the tests save themselves the time."""
        for name, value in FULL_STRENGTH.items():
            monkeypatch.setattr(passwords, name, value)

    def test_the_strength_is_the_recommended_one(self) -> None:
        kind, n, r, p = passwords.hashed("correct horse battery").split("$")[:4]
        assert kind == "scrypt" and int(n) * int(r) * int(p) >= 2**14 * 8 * 5

    def test_right_and_wrong(self) -> None:
        stored = passwords.hashed("correct horse battery")
        assert passwords.is_right("correct horse battery", stored)
        assert not passwords.is_right("correct horse batterz", stored)
        assert "correct" not in stored

    def test_the_same_password_is_stored_differently_each_time(self) -> None:
        assert passwords.hashed("correct horse battery") != passwords.hashed("correct horse battery")

    def test_two_keyboards_one_password(self) -> None:
        assert passwords.is_right("cafe\u0301 au lait!!", passwords.hashed("caf\u00e9 au lait!!"))

    def test_nobodys_password_cannot_be_guessed_and_costs_the_same(self) -> None:
        assert not passwords.is_right("", passwords.NOBODYS)
        assert passwords.NOBODYS.split("$")[:4] == passwords.hashed("x").split("$")[:4]
