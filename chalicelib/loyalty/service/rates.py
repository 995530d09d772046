"""Exchange rates of a business date, and the stays that waited for them."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.kernel import agenda, cursor
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import parse_day
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.money import normalise_currency
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import ExchangeRates, StayPoints
from chalicelib.loyalty.rules.rates import CURRENCIES_MAX, parse_rate

MEMBERS_PER_STEP = 40  # an item of the agenda for each


def tell(scope: Scope, date_text: str, base: str, rates: Mapping[str, str]) -> ExchangeRates:
    """Tell what currencies were worth in `base` on a business date. Stays that waited for it are priced.

    A stay that has been priced keeps its rate. Raises Invalid for what is no currency or no rate.
    """
    try:
        day = parse_day(date_text)
    except InvalidValue as reason:
        raise Invalid(errors=(FieldError("?date", reason.reason, "invalid", reason.values),)) from None
    record = ExchangeRates(
        chain_id=scope.chain_id, day_key=f"{day}#{base}", rates=_checked(rates), updated_at=scope.now
    )
    unit = Unit(scope)
    unit.put(record)
    unit.audit("exchange_rates.told", scope.chain_id, day=day.isoformat(), base=base)
    agenda.arm(
        unit,
        subject_id=scope.chain_id,
        kind=kinds.REPRICE,
        occurrence=day.isoformat(),
        due_at=scope.now,
        is_nudged=True,
    )
    unit.commit()
    return record


def unpriced(scope: Scope, *, limit: int, after: str | None = None) -> tuple[list[StayPoints], str | None]:
    """Stays that cannot be priced yet, by business date, and the cursor of later ones."""
    page = StayPoints.unpriced(scope, limit=limit, after=cursor.decode(scope, "unpriced", after))
    whole = StayPoints.find_many([(str(key.stay_key), str(key.member_id)) for key in page.items])
    waiting = sorted((one for one in whole if one.exception_order), key=lambda one: str(one.exception_order))
    return waiting, cursor.encode(scope, "unpriced", page.next_key)


def reprice(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Have the members priced whose stays of a date have waited for a rate."""
    day, done = str(work.occurrence), work.detail.get("after")
    where = StayPoints.exception_order.between(done or day, f"{day}$")
    page = StayPoints.page(scope.key("exceptions"), where=where, index="exceptions", limit=MEMBERS_PER_STEP)
    waiting = [key for key in page.items if key.exception_order != done]
    for member_id in sorted({str(key.member_id) for key in waiting}):
        agenda.arm(
            unit, subject_id=member_id, kind=kinds.PRICE_GUEST, is_recurring=True, due_at=scope.now, is_nudged=True
        )
    if page.next_key is None or not waiting:
        return Done()
    after = str(waiting[-1].exception_order)
    return Again(scope.now, occurrence=day, detail={"after": after}, is_nudged=True)


def _checked(rates: Mapping[str, str]) -> dict[str, str]:
    errors: list[FieldError] = []
    known: dict[str, str] = {}
    if len(rates) > CURRENCIES_MAX:
        raise Invalid.field("/rates", N_("These are more currencies than there are."))
    for currency, rate in rates.items():
        try:
            parse_rate(rate)
            known[normalise_currency(currency)] = rate
        except InvalidValue as reason:
            errors.append(FieldError(f"/rates/{currency}", reason.reason, "invalid", reason.values))
    if errors:
        raise Invalid(errors=tuple(errors))
    return known
