"""Every text that a person sees, in English and in Chinese. English is the key; `locales/` holds the Chinese.

The catalogue is read once per process and never changes afterwards, so translators are shared between
threads. Whoever refuses a value raises `InvalidValue`, whose reason is such a text: the edge says it in the
reader's language.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = ("en", "zh")
DEFAULT_LANGUAGE = "en"
DOMAIN = "hospes"
LOCALES_FOLDER = Path(__file__).resolve().parent.parent / "locales"


class Translator:
    """The four gettext calls in one language. Jinja's `install_gettext_callables` takes its methods as they
    are."""

    def __init__(self, language: str, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def gettext(self, message: str) -> str:
        """`message` in this language, or itself where nobody has translated it."""
        # The empty key holds a catalogue's header, which nobody should ever read on a page.
        return self._catalogue.gettext(message) if message else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form that fits `count`; the caller fills in the number."""
        return self._catalogue.ngettext(singular, plural, count)

    def pgettext(self, context: str, message: str) -> str:
        """`message` as it is meant in `context`, for English words with two meanings (`Book`)."""
        return self._catalogue.pgettext(context, message) if message else ""

    def npgettext(self, context: str, singular: str, plural: str, count: int) -> str:
        """`ngettext` in a context."""
        return self._catalogue.npgettext(context, singular, plural, count)


class InvalidValue(ValueError):
    """A value that cannot be accepted, with the reason as a text for people.

    `reason` is marked with `N_` and may hold `%(name)s` places, filled from `values`. Neither holds the
    refused value itself where that may be personal data. `str(error)` is the English sentence.
    """

    def __init__(self, reason: str, **values: str | int) -> None:
        self.reason = reason
        self.values = values
        super().__init__(self.said_in(DEFAULT_LANGUAGE))

    def said_in(self, language: str) -> str:
        """The reason in `language`."""
        text = translator(language).gettext(self.reason)
        return text % self.values if self.values else text


def N_(message: str) -> str:
    """Mark a text for the catalogue where it is defined (under gettext's customary name, which tools
    extract)."""
    return message


def translator(language: str) -> Translator:
    """The translator for a BCP 47 tag: `zh-Hant-TW` reads Chinese, whatever is not Chinese reads English.

    Raises FileNotFoundError if the Chinese catalogue has not been compiled (`python -m infra.messages
    compile`).
    """
    return _translator(supported_language(language))


def supported_language(tag: str) -> str:
    """The one of `LANGUAGES` that a reader of `tag` is shown."""
    primary = tag.replace("_", "-").split("-", 1)[0].lower()
    return primary if primary in LANGUAGES else DEFAULT_LANGUAGE


@lru_cache(maxsize=len(LANGUAGES))
def _translator(language: str) -> Translator:
    if language == DEFAULT_LANGUAGE:
        return Translator(language, NullTranslations())
    path = LOCALES_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with path.open("rb") as compiled:
        return Translator(language, GNUTranslations(compiled))
