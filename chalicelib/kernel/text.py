"""What people type, in the one form that is kept, compared and searched: names, notes, addresses, numbers.

Also what is shown of them: masked, or made harmless for a spreadsheet. A refusal is an `InvalidValue`, whose
reason never repeats what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.languages import normalise_country

EMAIL_LENGTH_MAX = 254  # RFC 5321: a path of 256 with its two angle brackets
EMAIL_LOCAL_LENGTH_MAX = 64  # RFC 5321, section 4.5.3.1.1
E164_LENGTH_MAX = 16  # the + and 15 digits; some national plans go further, but no text message can
PHONE_LENGTH_MAX = 40  # 15 digits of E.164 and generous punctuation
MARKS_IN_A_ROW_MAX = 30  # the Stream-Safe Text Format of UAX #15; without it NFC takes quadratic time
CLEANED_PER_KEPT_MAX = 4  # text is refused unread beyond this multiple of its limit; composing may shorten it

# OTAs hand out these instead of the guest's own address; they forward for a while and then expire.
RELAY_DOMAINS = (
    "guest.booking.com",
    "guest.airbnb.com",
    "agoda-messaging.com",
    "m.expediapartnercentral.com",
    "guest.trip.com",
)

# Letters that Unicode does not take apart, though people leave their strokes out when they search.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ŧ": "t", "ŋ": "n"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
# Accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs. Not the marks that carry a letter
# in Indic and South-East Asian scripts, nor the voicing of kana.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]+")
_SPACES = re.compile(r"\s+")
_WORD_BREAKS = re.compile(r"[\s\-\u2010\u2011'\u2019`.·・,]+")

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# All that `str.isspace` knows. Stripped as characters: a pattern would read long blanks inside over and over.
_BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_AT_ENDS = _BLANKS + _ZERO_WIDTH

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x3002: 0x2E}
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_PHONE = re.compile(r"\+?[0-9 ()./\-\u2010\u2011\u2013\u00a0]+")

_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_FAMILY_FIRST_SCRIPT = rf"[{_HAN}\u3041-\u309f\uac00-\ud7a3]+"
_GIVEN_IN_SUCH_SCRIPT = rf"[{_HAN}\u3041-\u30ff\uac00-\ud7a3]+"
_HAN_ONLY = rf"[{_HAN}]+"
_FAMILY_FIRST_LANGUAGES = frozenset({"hu", "vi"})  # written in Latin letters, family name first, with a space

# What somebody wrote, and the country it is dialled in: E.164 and whether its length is right, or None for no number.
NumberingPlan = Callable[[str, str | None], tuple[str, bool] | None]
_plans: list[NumberingPlan] = []

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*(e[+-]?[0-9]+)?%?", re.IGNORECASE)
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


# -- text --------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """The form in which texts are compared and searched: no case, no accents, single spaces.

    Compatible forms are made one: full-width letters and digits become ASCII. Folding twice changes nothing.
    """
    if text.isascii():  # most names in most files, and ten times faster
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)).translate(_PLAIN_LETTERS)
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return _SPACES.sub(" ", folded).strip()


def clean_text(value: str, max_length: int, *, is_multiline: bool = False) -> str:
    """`value` as it is stored: NFC, without spaces and zero-width characters at its ends. May be empty.

    Emoji, right-to-left text and the joiners inside words stay. Bidirectional overrides and isolates are
    dropped: they can make a text read as another. Raises InvalidValue for control characters (in several
    lines, tabs and line ends are allowed, the latter kept as `\\n`), for halves of surrogate pairs and beyond
    `max_length` code points.
    """
    if len(value) > max_length * CLEANED_PER_KEPT_MAX:
        raise InvalidValue(N_("is longer than %(limit)d characters"), limit=max_length)
    if _SURROGATES.search(value):
        raise InvalidValue(N_("holds half a character, which cannot be stored"))
    if is_multiline:
        value = _LINE_ENDS.sub("\n", value)
    text = value.strip(_AT_ENDS)
    if (_CONTROLS_IN_LINES if is_multiline else _CONTROLS).search(text):
        raise InvalidValue(N_("holds a control character"))
    _check_marks(text)
    text = unicodedata.normalize("NFC", _BIDI_CONTROLS.sub("", text)).strip(_AT_ENDS)
    if len(text) > max_length:
        raise InvalidValue(N_("is longer than %(limit)d characters"), limit=max_length)
    return text


def _check_marks(text: str) -> None:
    marks = 0
    for character in "" if text.isascii() else text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MARKS_IN_A_ROW_MAX:
            raise InvalidValue(N_("holds a letter with more than %(limit)d marks"), limit=MARKS_IN_A_ROW_MAX)


def neutralise_formula(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: such a text gets a `'` before it. Numbers stay."""
    if not cell.lstrip(" \u3000\u00a0").startswith(_FORMULA_STARTS) or _PLAIN_NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


# -- e-mail addresses --------------------------------------------------------------------------------------


def normalise_email(text: str) -> str:
    """An address as it is written to: trimmed, full-width made ASCII, the domain in lower-case IDNA.

    The part before the @ keeps its case, which is its owner's affair. Nothing is asked of the network. Raises
    InvalidValue with what is wrong: a display name, quoted or non-ASCII local parts (SES cannot send to
    them), an IP address or a bare name for a domain.
    """
    address = text.translate(_FULL_WIDTH).strip()
    if not address or len(address) > EMAIL_LENGTH_MAX:
        raise InvalidValue(N_("is not an e-mail address: it is empty or longer than %(limit)d"), limit=EMAIL_LENGTH_MAX)
    local, at, domain = address.rpartition("@")
    if not at or "@" in local:
        raise InvalidValue(N_("is not an e-mail address: it needs exactly one @"))
    if not local.isascii():
        raise InvalidValue(N_("cannot be written to: only ASCII characters may stand before the @"))
    if len(local) > EMAIL_LOCAL_LENGTH_MAX or not _EMAIL_LOCAL.fullmatch(local):
        raise InvalidValue(N_("is not an e-mail address: the part before the @ is not right"))
    address = f"{local}@{_normalise_domain(domain)}"
    if len(address) > EMAIL_LENGTH_MAX:
        raise InvalidValue(N_("is not an e-mail address: it is empty or longer than %(limit)d"), limit=EMAIL_LENGTH_MAX)
    return address


def email_key(email: str) -> str:
    """The form in which addresses are compared: all in lower case. Takes what `normalise_email` answered."""
    return email.lower()


def is_relay_address(email: str, domains: tuple[str, ...] = RELAY_DOMAINS) -> bool:
    """Whether the address is an OTA's forwarder rather than the guest's own. Subdomains count."""
    domain = "." + email.rpartition("@")[2].lower()
    return domain.endswith(tuple("." + relay for relay in domains))


def mask_email(email: str) -> str:
    """For showing that there is an address: `a***@example.com`. The domain stays, most of a name does not."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}***{at}{domain}" if at else "***"


def _normalise_domain(domain: str) -> str:
    try:
        ascii_domain = domain.lower() if domain.isascii() else domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    if not _DOMAIN.fullmatch(ascii_domain):
        raise InvalidValue(N_("is not an e-mail address: the domain after the @ is not right"))
    return ascii_domain


# -- phone numbers -----------------------------------------------------------------------------------------


def normalise_phone(text: str, country: str | None = None) -> str:
    """A number in E.164: `+442079460000`. `country` reads numbers without `+` as that country dials them.

    Accepts what has the right length for its country: number ranges open faster than tables of them are
    shipped. Raises InvalidValue for letters, extensions, short codes, a national number without a country.
    """
    written = text.translate(_FULL_WIDTH).strip().removeprefix("tel:")
    if not written or len(written) > PHONE_LENGTH_MAX or not _PHONE.fullmatch(written):
        raise InvalidValue(N_("is not a phone number: only digits, spaces and + ( ) - . / are read"))
    if country is None and not written.startswith("+"):
        raise InvalidValue(N_("needs its country: begin with + and the country code"))
    region = normalise_country(country) if country is not None else None
    if not _plans:
        raise RuntimeError("this process reads no phone numbers: import chalicelib.kernel.phones where it starts")
    number = _plans[-1](written, region)
    if number is None:
        raise InvalidValue(N_("is not a phone number of any country"))
    e164, is_possible = number
    if not is_possible or len(e164) > E164_LENGTH_MAX:
        raise InvalidValue(N_("is too short or too long for a phone number of its country"))
    return e164


def read_numbers_by(plan: NumberingPlan) -> None:
    """Hand over what knows how each country dials; see `kernel.phones`."""
    _plans[:] = [plan]


def mask_phone(phone: str) -> str:
    """For showing that there is a number: `***4567`, its last digits and at most half of them."""
    digits = [character for character in phone if character.isdigit()]
    shown = min(4, len(digits) // 2)
    return "***" + "".join(digits[len(digits) - shown :])


# -- names -------------------------------------------------------------------------------------------------


def display_name(given: str, family: str, language: str = "en") -> str:
    """A person's name in its own order, for a person whose language is `language`.

    Names in Han, Hangul or kana: family then given without a space (王小明), whatever the language. Latin and
    other names: given then family (Ana Silva, Xiaoming Wang), except where the language puts the family first
    (vi, hu).
    """
    given, family = given.strip(), family.strip()
    if not given or not family:
        return given or family
    if _large(_FAMILY_FIRST_SCRIPT).fullmatch(family) and _large(_GIVEN_IN_SUCH_SCRIPT).fullmatch(given):
        return family + given
    if language.split("-", 1)[0].lower() in _FAMILY_FIRST_LANGUAGES:
        return f"{family} {given}"
    return f"{given} {family}"


def name_key(given: str, family: str) -> str:
    """The sort and prefix-search key of a name: folded, family first, punctuation as spaces (`silva ana`)."""
    family_key, given_key = _name_part(family), _name_part(given)
    joint = "" if _is_han(family_key, given_key) else " "
    return f"{family_key}{joint}{given_key}".strip()


def search_tokens(given: str, family: str) -> tuple[str, ...]:
    """The words that a name can be found by the beginning of, sorted.

    Each word of it, a compound also without its punctuation (O'Brien: `brien`, `o`, `obrien`), and a Chinese
    name as a whole.
    """
    tokens: set[str] = set()
    for name in (given, family):
        for word in fold(name).split(" "):
            pieces = [piece for piece in _WORD_BREAKS.split(word) if piece]
            tokens.update(pieces)
            tokens.add("".join(pieces))
    family_key, given_key = _name_part(family), _name_part(given)
    if _is_han(family_key, given_key):
        tokens.add(family_key + given_key)
    return tuple(sorted(tokens - {""}))


def _name_part(name: str) -> str:
    return _WORD_BREAKS.sub(" ", fold(name)).strip()


def _is_han(family: str, given: str) -> bool:
    return bool(_large(_HAN_ONLY).fullmatch(family) and _large(_HAN_ONLY).fullmatch(given))


@cache
def _large(pattern: str) -> re.Pattern[str]:
    """A pattern whose ranges take milliseconds to compile, compiled when it is first used."""
    return re.compile(pattern)
