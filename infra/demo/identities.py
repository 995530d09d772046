"""Gives every guest of the demo an identity that fits the country. All is generated: the data name nobody.

An identity follows from the guest's number alone (see draws.py). E-mail addresses are at a domain reserved by
RFC 2606; telephone numbers lie in ranges kept for fiction where a country has them, otherwise in blocks given
to no subscriber.
"""

from datetime import date, timedelta
from typing import NamedTuple

from infra.demo.bookings import Booking
from infra.demo.countries import Country, countries
from infra.demo.draws import Draw
from infra.demo.guestbook import Guestbook
from infra.demo.names import Name, NamePool, name_pools

GENERATED_NOTICE_EN = "Generated identity: the bookings are real, the person is not."
GENERATED_NOTICE_ZH = "身份为生成数据：预订记录真实，客人信息纯属虚构。"

EMAIL_DOMAIN = "guests.example"
# The local mail sink bounces and complains by these beginnings.
BOUNCE_PREFIX = "bounce."
COMPLAINT_PREFIX = "complaint."

# Shares in a thousand.
COUPLE_PERMILLE = 5
NO_EMAIL_PERMILLE = 40
BOUNCE_PERMILLE = 7
COMPLAINT_PERMILLE = 1
NO_PHONE_PERMILLE = 120
NO_ZONE_PERMILLE = 100
NO_BIRTH_DATE_PERMILLE = 150
MINOR_PERMILLE = 10
LEAP_DAY_PERMILLE = 3
GREETING_EMAIL = (600, 100)  # granted, denied; the rest never answered
MARKETING_EMAIL = (300, 250)
GREETING_SMS = (150, 100)

# Ages are counted in the year in which the demo begins, so that minors are still minors in it.
AGE_YEAR = 2017
MINOR_AGES = range(10, 17)
ADULT_AGE_MIN = 20
# Two draws below this, added, give ages 20 to 80 that are commonest at 50.
ADULT_AGE_HALF_SPREAD = 31
DAYS_IN_YEAR = 365.25

GRANTED = "granted"
DENIED = "denied"
UNASKED = ""
CONSENT_SOURCE = "import"

FALLBACK_POOL = "xx"
FALLBACK_LANGUAGE = "en"


class GuestSeed(NamedTuple):
    """What an identity grows from: the guest's number, country and place in it, and first booking date."""

    number: int
    country: str | None
    place_in_country: int
    booked_on: date


class Identity(NamedTuple):
    """A generated guest. A consent is "granted", "denied" or "" for never asked."""

    external_id: str
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    language: str
    time_zone: str | None
    birth_date: date | None
    nationality: str | None
    consent_service_email: str
    consent_greeting_email: str
    consent_marketing_email: str
    consent_greeting_sms: str
    consented_on: date


class _Household(NamedTuple):
    """What a couple has in common; a single guest is a household of one."""

    pool: NamePool
    language: str
    time_zone: str | None
    family_places: tuple[int, ...]
    gender: int
    given: Name
    email: str | None


def guest_external_id(number: int) -> str:
    """The numbered id that the demo's import files give a guest."""
    return f"HBD-G-{number:06d}"


def seed_of(booking: Booking, guestbook: Guestbook) -> GuestSeed:
    """The seed of the guest whom this first booking made."""
    return GuestSeed(
        number=guestbook.guest(booking.number),
        country=booking.country,
        place_in_country=guestbook.place_in_country(booking.number),
        booked_on=booking.booked_on,
    )


def is_couple(seed: GuestSeed, before: GuestSeed | None) -> bool:
    """True if this guest shares family name and e-mail address with the guest numbered just before."""
    if before is None or before.number != seed.number - 1 or before.country != seed.country:
        return False
    return _would_pair(seed.number) and not _would_pair(before.number)


def identity_of(seed: GuestSeed, *, before: GuestSeed | None, known_on: date, shift_days: int = 0) -> Identity:
    """Make the identity of one guest.

    before: the seed of the guest numbered one less, if any. known_on: the day of the import, which consent
    precedes. shift_days: how far the seed's date is to be moved; birth years follow, so that ages stay.
    """
    draw = _begin(seed.number)
    own = _household(seed, draw)
    if before is None or not is_couple(seed, before):
        home, gender, given = own, own.gender, own.given
    else:
        home = _household(before, _begin(before.number))
        gender = own.gender
        given = draw.pick(home.pool.given[gender])
    phone = None if draw.is_hit(NO_PHONE_PERMILLE) else _phone(seed)
    return Identity(
        external_id=guest_external_id(seed.number),
        given_name=given.written,
        family_name=" ".join(home.pool.family[gender][place].written for place in home.family_places),
        email=home.email,
        phone=phone,
        language=home.language,
        time_zone=home.time_zone,
        birth_date=_birth_date(draw, AGE_YEAR + round(shift_days / DAYS_IN_YEAR)),
        nationality=seed.country,
        consent_service_email=GRANTED,
        consent_greeting_email=_consent(draw, GREETING_EMAIL),
        consent_marketing_email=_consent(draw, MARKETING_EMAIL),
        consent_greeting_sms=_consent(draw, GREETING_SMS) if phone else UNASKED,
        consented_on=min(seed.booked_on + timedelta(days=shift_days), known_on - timedelta(days=1)),
    )


def _would_pair(number: int) -> bool:
    return Draw(f"couple:{number}").is_hit(COUPLE_PERMILLE)


def _begin(number: int) -> Draw:
    return Draw(f"identity:{number}")


def _household(head: GuestSeed, draw: Draw) -> _Household:
    """Draw what a guest would share, and the given name, which the address holds."""
    country = countries()[head.country] if head.country else None
    variant = draw.below(len(country.languages)) if country else 0
    pool = name_pools()[country.name_pools[variant] if country else FALLBACK_POOL]
    gender = draw.below(2)
    given = draw.pick(pool.given[gender])
    family_names = pool.family[gender]
    places = [draw.below(len(family_names))]
    if pool.has_two_family_names and draw.is_hit(500):
        places.append(draw.below(len(family_names)))
    has_no_zone = draw.is_hit(NO_ZONE_PERMILLE)
    return _Household(
        pool=pool,
        language=country.languages[variant] if country else FALLBACK_LANGUAGE,
        time_zone=None if country is None or has_no_zone else draw.pick(country.time_zones),
        family_places=tuple(places),
        gender=gender,
        given=given,
        email=_email(head.number, given, family_names[places[-1]], draw.below(1000)),
    )


def _email(number: int, given: Name, family: Name, chance: int) -> str | None:
    if chance < NO_EMAIL_PERMILLE:
        return None
    chance -= NO_EMAIL_PERMILLE
    prefix = ""
    if chance < BOUNCE_PERMILLE:
        prefix = BOUNCE_PREFIX
    elif chance < BOUNCE_PERMILLE + COMPLAINT_PERMILLE:
        prefix = COMPLAINT_PREFIX
    return f"{prefix}{given.latin}.{family.latin}.{number:06d}@{EMAIL_DOMAIN}"


def _phone(seed: GuestSeed) -> str | None:
    """Deal a country's numbers out in turn, so that no two guests share one."""
    if seed.country is None:
        return None
    return _number_at(countries()[seed.country], seed.place_in_country)


def _number_at(country: Country, place: int) -> str | None:
    for numbers in country.phone_ranges:
        if place < numbers.size:
            return f"{numbers.prefix}{place:0{numbers.digits}d}"
        place -= numbers.size
    return None


def _birth_date(draw: Draw, age_year: int) -> date | None:
    if draw.is_hit(NO_BIRTH_DATE_PERMILLE):
        return None
    if draw.is_hit(MINOR_PERMILLE):
        age = draw.pick(MINOR_AGES)
    else:
        age = ADULT_AGE_MIN + draw.below(ADULT_AGE_HALF_SPREAD) + draw.below(ADULT_AGE_HALF_SPREAD)
    year = age_year - age
    if draw.is_hit(LEAP_DAY_PERMILLE):
        return date(year - year % 4, 2, 29)
    # Day 365 of a leap year is 30 December: nobody is born on its last day, which no one will miss.
    return date(year, 1, 1) + timedelta(days=draw.below(365))


def _consent(draw: Draw, shares: tuple[int, int]) -> str:
    granted, denied = shares
    chance = draw.below(1000)
    if chance < granted:
        return GRANTED
    return DENIED if chance < granted + denied else UNASKED
