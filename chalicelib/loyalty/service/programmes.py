"""Programmes and their versions. A version that has begun is never changed: stays were priced by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel import agenda, cursor
from chalicelib.kernel.calendars import local_day, local_instant
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import Programme
from chalicelib.loyalty.rules.blackouts import check_blackouts
from chalicelib.loyalty.rules.earning import check_rules
from chalicelib.loyalty.rules.expiry import check_policy
from chalicelib.loyalty.rules.programmes import VERSIONS_MAX, Version, valid_on

AT_NIGHT = time(2)
PROGRAMMES_MAX = 100  # of a chain: one for guests, for agencies, for each brand; more would be campaigns


def create(
    scope: Scope, *, name: str, names: dict[str, str], currency: str, first: Version, id: str | None = None
) -> Programme:
    """A programme with its first version. Raises Invalid for rules that contradict themselves."""
    _check(first)
    if len(programmes(scope)) >= PROGRAMMES_MAX:
        raise Conflict(N_("A chain has at most a hundred programmes."))
    record = Programme(
        chain_id=scope.chain_id,
        id=id or new_id("prg"),
        name=name,
        names=names,
        currency=currency,
        versions=[replace(first, number=1).as_dict()],
        created_at=scope.now,
        updated_at=scope.now,
    )
    unit = Unit(scope)
    unit.create(record)
    if not scope.is_test:
        # A live chain's books are checked every night; a test chain's when somebody asks.
        agenda.arm(unit, subject_id=str(record.id), kind=kinds.CHECK, is_recurring=True, due_at=next_night(scope))
    unit.audit("programme.created", str(record.id))
    unit.commit()
    return record


def publish(scope: Scope, programme_id: str, version: Version) -> Programme:
    """Add a version that begins today or later. Of two that begin on one day the later published counts.

    Raises Invalid for one that would begin in the past, because stays have been priced by what was valid then.
    """
    _check(version)

    def attempt() -> Programme:
        record = programme_of(scope, programme_id)
        if version.valid_from < today_of(scope):
            raise Invalid.field(
                "/valid_from", N_("Rules begin today or later: stays have been priced by those before.")
            )
        known = record.all_versions
        if len(known) >= VERSIONS_MAX:
            raise Conflict(N_("This programme has as many versions as it can have."))
        new = replace(version, number=known[-1].number + 1)
        record.versions = [one.as_dict() for one in (*known, new)]
        return _written(scope, record, "programme.version_published", number=new.number)

    return retried(attempt)


def change(scope: Scope, programme_id: str, said: dict[str, Any], expected_version: int) -> Programme:
    """Rename a programme, or suspend the ends of points during a crisis."""
    record = programme_of(scope, programme_id)
    if int(record.version) != expected_version:
        raise Stale()
    for name, value in said.items():
        setattr(record, name, value)
    return _written(scope, record, "programme.updated", fields=",".join(sorted(said)))


def programmes(scope: Scope) -> list[Programme]:
    """The chain's programmes, by age."""
    return Programme.page(scope.chain_id, limit=PROGRAMMES_MAX).items


def page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Programme], str | None]:
    """Some of the chain's programmes, by age, and the cursor of the next ones."""
    found = Programme.page(scope.chain_id, limit=limit, after=cursor.decode(scope, "programmes", after))
    return found.items, cursor.encode(scope, "programmes", found.next_key)


def check_property(scope: Scope, property_id: str | None, pointer: str) -> None:
    """Raises Invalid for a property that is not there, or beyond the caller's wall."""
    if property_id is None:
        return
    if not scope.sees_property(property_id) or directory.find_property(scope, property_id) is None:
        raise Invalid.field(pointer, N_("There is no such property."), "unknown")


def programme_of(scope: Scope, programme_id: str) -> Programme:
    """A programme of the chain. Raises NotFound."""
    found = Programme.find(scope.chain_id, programme_id) if is_id(programme_id, "prg") else None
    if found is None:
        raise NotFound()
    return found


def rules_of_today(scope: Scope, programme: Programme) -> Version:
    """The programme's version of today; its first one before that is valid."""
    versions = programme.all_versions
    return valid_on(versions, today_of(scope)) or versions[0]


def known_programme(scope: Scope, programme_id: str) -> Programme:
    """A programme of the chain as it was some seconds ago at most. Stays are priced by `programme_of`."""
    return directory.remembered(scope, programme_id, lambda: programme_of(scope, programme_id))


def next_night(scope: Scope) -> datetime:
    """When the next check of the books is due: at two in the morning where head office is, in real time."""
    zone = str(directory.chain_of(scope).time_zone)
    return local_instant(local_day(real_now(), zone) + timedelta(days=1), AT_NIGHT, zone)


def today_of(scope: Scope) -> date:
    """The chain's local day."""
    return local_day(scope.now, str(directory.chain_of(scope).time_zone))


def _written(scope: Scope, record: Programme, action: str, **detail: str | int) -> Programme:
    record.updated_at = scope.now
    unit = Unit(scope)
    unit.update(record)
    unit.audit(action, str(record.id), **detail)
    unit.commit()
    directory.forget(scope.chain_id)
    return record


def _check(version: Version) -> None:
    try:
        check_rules(list(version.rules))
        check_policy(version.expiry)
        check_blackouts(version.blackouts)
    except InvalidValue as reason:
        raise Invalid(errors=(FieldError("/rules", reason.reason, "invalid", reason.values),)) from None
