"""A person's name, prepared once and compared many times: in Latin letters, in Chinese characters, or across both."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.guests.matching import hanzi, latin, romanising
from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.data.titles import GENDERS
from chalicelib.guests.matching.evidence import FAMILY, GIVEN, ORDER, Evidence
from chalicelib.guests.matching.hanzi import HanName
from chalicelib.guests.matching.name_parts import Part, compare_family, compare_given, pinyin_given_bits
from chalicelib.guests.matching.strings import distance

NO_HAN = HanName()


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the forms it is compared in. Words are folded; `han` is simplified."""

    family: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    han: HanName = NO_HAN
    gender: str = ""
    generation: str = ""
    is_chinese: bool = False  # in Latin letters, and romanised Chinese by its looks

    @property
    def has_latin(self) -> bool:
        """Whether any Latin letters are known."""
        return bool(self.family or self.given)

    @property
    def has_han(self) -> bool:
        """Whether any Chinese characters are known."""
        return bool(self.han.whole)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How two names compare: each part, and whether they stand in each other's place."""

    family: Part
    given: Part
    is_swapped: bool = False

    @property
    def bits(self) -> float:
        """What the names tell in all."""
        return self.family.bits + self.given.bits + (at.NAME_SWAPPED_BITS if self.is_swapped else 0.0)

    def evidence(self) -> tuple[Evidence, ...]:
        """The findings of it."""
        found = (
            Evidence(FAMILY, self.family.level, self.family.bits),
            Evidence(GIVEN, self.given.level, self.given.bits),
        )
        return (*found, Evidence(ORDER, at.SWAPPED, at.NAME_SWAPPED_BITS)) if self.is_swapped else found


def name_of(given: str, family: str, native: str = "", title: str = "", gender: str = "") -> Name:
    """Prepare a name from its cells. A cell may hold both scripts, titles, or the whole name."""
    given, family = _by_comma(given, family)
    han = hanzi.han_name(family, given, native)
    by_family = latin.tokens_of(hanzi.without_han(family))
    by_given = latin.tokens_of(hanzi.without_han(given))
    spoken = latin.tokens_of(hanzi.without_han(native)) if not (by_family.words or by_given.words) else latin.Tokens()
    addressed = latin.tokens_of(title + " x").gender or hanzi.han_name("", "王" + title).gender if title else ""
    family_words, given_words = _placed(by_family.words, by_given.words or spoken.words)
    return Name(
        family=family_words,
        given=given_words,
        han=han,
        gender=GENDERS.get(gender.strip().lower()) or addressed or by_given.gender or by_family.gender or han.gender,
        generation=by_given.generation or by_family.generation,
        is_chinese=_looks_chinese(family_words, given_words),
    )


def compare_names(one: Name, other: Name) -> Verdict:
    """The best way to read two names as one, the same for both orders of the arguments."""
    if one.has_han and other.has_han and (not (one.has_latin and other.has_latin) or _is_whole(one, other)):
        return _han(one.han, other.han)
    if one.has_latin and other.has_latin:
        return _latin(one, other)
    if one.has_han and other.has_latin:
        return _across(one.han, other)
    if one.has_latin and other.has_han:
        return _across(other.han, one)
    return Verdict(Part.missing(), Part.missing())


# -- in Latin letters --------------------------------------------------------------------------------------


def _latin(one: Name, other: Name) -> Verdict:
    are_chinese = one.is_chinese and other.is_chinese
    aligned = Verdict(compare_family(one.family, other.family), compare_given(one.given, other.given, are_chinese))
    if aligned.family.agrees and aligned.given.agrees:
        return aligned
    verdicts = [aligned, *_whole(one, other)]
    if are_chinese or not (aligned.family.level == at.EXACT or aligned.given.level == at.EXACT):
        crossed = (_crossed(one.family, other.given), _crossed(other.family, one.given))
        # Which of them is the surname is not known; the order of the arguments must not matter.
        strong, weak = sorted(crossed, key=lambda part: (-part.bits, part.level))
        verdicts.append(Verdict(strong, weak, is_swapped=True))
    return max(verdicts, key=lambda verdict: (verdict.bits, not verdict.is_swapped, verdict.family.level))


def _crossed(family: tuple[str, ...], given: tuple[str, ...]) -> Part:
    part = compare_family(family, given)
    return Part(part.level, min(part.bits, latin.given_bits("".join(given)))) if part.agrees else part


def _whole(one: Name, other: Name) -> list[Verdict]:
    """Readings in which the whole names have the same letters, whatever cell or word each stands in."""
    fuller = max((one, other), key=lambda name: (min(len("".join(name.family)), len("".join(name.given))), name.family))
    parts = "".join(fuller.family), "".join(fuller.given)
    mine = {"".join(one.family + one.given), "".join(one.given + one.family)}
    theirs = {"".join(other.family + other.given), "".join(other.given + other.family)}
    if min(map(len, parts)) < 2 or mine.isdisjoint(theirs):
        return []
    is_swapped = "".join(one.family) == "".join(other.given) and "".join(one.given) == "".join(other.family)
    agreed = Part(at.EXACT, latin.family_bits(parts[0])), Part(at.EXACT, _given_bits(fuller))
    return [Verdict(*agreed, is_swapped)]


def _given_bits(name: Name) -> float:
    letters = "".join(name.given)
    return pinyin_given_bits(letters) if name.is_chinese else latin.given_bits(letters)


# -- in Chinese characters ---------------------------------------------------------------------------------


def _han(one: HanName, other: HanName) -> Verdict:
    if one.given and other.given and not (one.family and other.family):
        return Verdict(Part.missing(), _han_given(one.given, other.given))
    if one.whole != other.whole and one.whole == other.given + other.family:
        parts = _han_family(one.family, one.family), _han_given(one.given, one.given)
        return Verdict(*parts, is_swapped=True)
    return Verdict(_han_family(one.family, other.family), _han_given(one.given, other.given))


def _han_family(one: str, other: str) -> Part:
    if not one or not other:
        return Part.missing()
    if one == other:
        return Part(at.EXACT, latin.family_bits(one))
    if hanzi.sounds_same(one, other):
        return Part(at.SOUND, at.NAME_BITS_MIN)
    return Part(at.DIFFERENT, at.FAMILY_BITS[at.DIFFERENT])


def _han_given(one: str, other: str) -> Part:
    if not one or not other:
        return Part.missing()
    bits = min(at.HAN_CHARACTER_BITS * min(len(one), len(other)), at.HAN_GIVEN_BITS_MAX)
    bits = min(bits, latin.given_bits(one, bits), latin.given_bits(other, bits))
    if one == other:
        return Part(at.EXACT, bits)
    if hanzi.sounds_same(one, other):
        return Part(at.SOUND, at.NAME_BITS_MIN)
    if len(one) != len(other) and (one in other or other in one):
        return Part(at.PARTIAL, at.NAME_BITS_MIN)
    shared = sum(a == b for a, b in zip(one, other, strict=False))
    return Part(at.NEAR, at.GIVEN_BITS[at.NEAR]) if shared else Part(at.DIFFERENT, at.GIVEN_BITS[at.DIFFERENT])


# -- across ------------------------------------------------------------------------------------------------


def _across(han: HanName, name: Name) -> Verdict:
    verdicts = [
        Verdict(
            _spelt_family(han.family, family, name.is_chinese),
            _spelt_given(han.given, given, name.is_chinese),
            is_swapped,
        )
        for family, given, is_swapped in _readings_of(name)
    ]
    return max(verdicts, key=lambda verdict: (verdict.bits, not verdict.is_swapped))


def _readings_of(name: Name) -> list[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    """Every way to see a surname and a given name in Latin words: as the cells say, swapped, or in one string."""
    words = name.family + name.given
    found = [(name.family, name.given, False)]
    if name.family and name.given:
        found.append((name.given, name.family, True))
    if len(words) > 1:
        for order in (words, name.given + name.family):
            found += [(order[:1], order[1:], False), (order[-1:], order[:-1], False)]
            found += [(order[:2], order[2:], False), (order[-2:], order[:-2], False)] if len(order) > 2 else []
    elif words and len(words[0]) > at.WHOLE_NAME_LENGTH_MIN:
        word = words[0]
        spelt = romanising.surnames_by_spelling()
        found += [((word[:cut],), (word[cut:],), False) for cut in range(1, len(word)) if word[:cut] in spelt]
        found += [((word[cut:],), (word[:cut],), False) for cut in range(1, len(word)) if word[cut:] in spelt]
    return found


def _spelt_family(surname: str, words: tuple[str, ...], is_chinese: bool) -> Part:
    letters = "".join(words)
    if not surname or not letters:
        return Part.missing()
    bits = latin.family_bits(surname)
    if letters in romanising.surname_in_pinyin(surname):
        return Part(at.VARIANT, min(bits, latin.family_bits(letters)))
    if letters in romanising.surname_in_any_way(surname):
        return Part(at.VARIANT, max(bits - at.NAME_LOSS_BITS[at.VARIANT], at.NAME_BITS_MIN))
    if len(letters) > 3 and not romanising.is_pinyin(letters) and hanzi.nearly_spells(surname, letters):
        return Part(at.CLOSE, at.NAME_BITS_MIN)
    is_known = letters in romanising.surnames_by_spelling()
    if not is_known and distance(hanzi.surname_pinyin(surname), letters) == 1:
        return Part(at.NEAR, at.FAMILY_BITS[at.NEAR])
    level = at.DIFFERENT if is_chinese and (is_known or romanising.is_pinyin(letters)) else at.OTHER_SCRIPT
    return Part(level, at.FAMILY_BITS[level])


def _spelt_given(given: str, words: tuple[str, ...], is_chinese: bool) -> Part:
    if not given or not words:
        return Part.missing()
    spans = {words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    joined = sorted(("".join(span) for span in spans), key=len, reverse=True)
    if any(hanzi.spells_pinyin(given, letters) for letters in joined):
        return Part(at.VARIANT, pinyin_given_bits(hanzi.pinyin(given)))
    if any(hanzi.spells_any(given, letters) for letters in joined):
        return Part(at.VARIANT, pinyin_given_bits(hanzi.pinyin(given)) - at.NAME_LOSS_BITS[at.VARIANT])
    whole = "".join(words)
    if hanzi.nearly_spells(given, whole):
        return Part(at.CLOSE, pinyin_given_bits(hanzi.pinyin(given)) - at.NAME_LOSS_BITS[at.CLOSE])
    if hanzi.are_initials(given, whole):
        return Part(at.INITIAL, at.GIVEN_BITS[at.INITIAL])
    if romanising.blurred(hanzi.pinyin(given)) == romanising.blurred(whole):
        return Part(at.SOUND, at.NAME_BITS_MIN)
    is_other = is_chinese and romanising.is_pinyin(whole) and not latin.is_known_given(words[0])
    level = at.DIFFERENT if is_other else at.OTHER_SCRIPT
    return Part(level, at.GIVEN_BITS[level])


# -- inside ------------------------------------------------------------------------------------------------


def _by_comma(given: str, family: str) -> tuple[str, str]:
    """`Silva, Ana` in one cell is family name, given name."""
    whole = family or given
    if (given and family) or "," not in whole:
        return given, family
    before, _, after = whole.partition(",")
    return (after, before) if after.strip() else (given, family)


def _placed(family: tuple[str, ...], given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A whole Chinese name in one cell, cut after its surname; anything else stays where it was written."""
    words = family or given
    if (family and given) or len(words) < 2:
        return family, given
    spelt = romanising.surnames_by_spelling()
    if words[0] in spelt and romanising.is_pinyin("".join(words[1:])):
        return words[:1], words[1:]
    if words[-1] in spelt and romanising.is_pinyin("".join(words[:-1])):
        return words[-1:], words[:-1]
    return family, given


def _looks_chinese(family: tuple[str, ...], given: tuple[str, ...]) -> bool:
    spelt = romanising.surnames_by_spelling()
    letters, others = "".join(family), "".join(given)
    return (letters in spelt and _is_syllabic(given)) or (others in spelt and _is_syllabic(family))


def _is_syllabic(words: tuple[str, ...]) -> bool:
    letters = "".join(words)
    return len(letters) <= 2 or romanising.is_pinyin(letters) or bool(romanising.pinyin_from_wade(words))


def _is_whole(one: Name, other: Name) -> bool:
    return bool(one.han.family and one.han.given and other.han.family and other.han.given)
