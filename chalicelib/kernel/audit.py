"""The activity log: who did what to whom, when. Entries name fields and ids, never values of personal data."""

from __future__ import annotations

from collections.abc import Mapping

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record


class AuditRecord(Record):
    """One line of the activity log, kept under its subject."""

    class Meta(Record.Meta):
        table_name = Record.table("audit")

    subject_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    action = UnicodeAttribute()
    actor_kind = UnicodeAttribute()
    actor_id = UnicodeAttribute()
    at = UnicodeAttribute()
    real_at = UnicodeAttribute()
    request_id = UnicodeAttribute(null=True)
    detail = JSONAttribute(null=True)


def audit_entry(
    scope: Scope, action: str, subject_id: str, detail: Mapping[str, str | int | bool | None]
) -> AuditRecord:
    """The entry for `action` (`guest.updated`) on a subject."""
    return AuditRecord(
        subject_key=scope.key(subject_id),
        id=new_id("aud"),
        action=action,
        actor_kind=scope.actor.kind,
        actor_id=scope.actor.id,
        at=sortable(scope.now),
        real_at=sortable(real_now()),
        request_id=scope.request_id or None,
        detail=dict(detail) or None,
    )


def audit_page(scope: Scope, subject_id: str, *, limit: int, after: Key | None = None) -> Page[AuditRecord]:
    """What was done to a subject, newest first. The caller has checked that the subject is in scope."""
    return AuditRecord.page(scope.key(subject_id), limit=limit, after=after, is_forward=False)
