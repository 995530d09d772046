"""The activity log of one subject, for those who see the subject.

The directory knows who sees its own records. A context on a higher floor says so for its kind of subject through
`ports`, as it cannot be asked by an import.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.directory.ports import CHECKS, SENTENCES, know_subjects
from chalicelib.directory.service import catalogue
from chalicelib.directory.service.keys import key_of
from chalicelib.directory.service.places import brand_of, get_property
from chalicelib.directory.service.staff import staff_of
from chalicelib.kernel import cursor
from chalicelib.kernel.audit import AuditRecord, audit_page
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Actor, Scope

if TYPE_CHECKING:
    from chalicelib.directory.schemas import ActivityQuery

_ID = re.compile(r"([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}")



@dataclass(frozen=True)
class Entry:
    """One thing that was done. `sentence` is the same in the reader's words, where there are any."""

    id: str
    at: datetime
    action: str
    subject_id: str
    actor: Actor
    detail: dict[str, Any]
    sentence: str | None


def activity_page(scope: Scope, query: ActivityQuery) -> tuple[list[Entry], str | None]:
    """What was done to a subject, newest first, and the cursor of what follows. Raises NotFound beyond the wall."""
    _require_seen(scope, query.subject_id)
    purpose = f"activity|{query.subject_id}"
    after = cursor.decode(scope, purpose, query.cursor)
    page = audit_page(scope, query.subject_id, limit=query.limit, after=after)
    return [_entry(scope, one) for one in page.items], cursor.encode(scope, purpose, page.next_key)


def _require_seen(scope: Scope, subject_id: str) -> None:
    found = _ID.fullmatch(subject_id)
    if found is None:
        raise NotFound()
    check = CHECKS.get(found[1])
    if check is not None:
        check(scope, subject_id)
    elif scope.property_ids is not None:
        raise NotFound()  # nobody can say whether it belongs to one of their properties


def _entry(scope: Scope, record: AuditRecord) -> Entry:
    detail = dict(record.detail or {})
    sentence = SENTENCES.get(record.action)
    words = defaultdict(lambda: "…", detail)  # an older entry may lack a detail that the sentence has a place for
    return Entry(
        id=record.id,
        at=from_sortable(record.at),
        action=record.action,
        subject_id=str(record.subject_key).split("#", 1)[1],
        actor=Actor(record.actor_kind, record.actor_id),
        detail=detail,
        sentence=translator(scope.language).gettext(sentence) % words if sentence else None,
    )


def _own_chain(scope: Scope, chain_id: str) -> None:
    if catalogue.chain_of(scope).id != chain_id:
        raise NotFound()


know_subjects(
    "chn",
    _own_chain,
    {
        "chain.created": N_("The chain was created."),
        "chain.updated": N_("Settings of the chain were changed: %(fields)s."),
        "clock.advance_requested": N_("The test clock was told to go on to %(to)s."),
    },
)
know_subjects(
    "brd",
    brand_of,
    {
        "brand.created": N_("The brand was created."),
        "brand.updated": N_("The brand was changed: %(fields)s."),
    },
)
know_subjects(
    "prp",
    get_property,
    {
        "property.created": N_("The property was created."),
        "property.updated": N_("Settings of the property were changed: %(fields)s."),
    },
)
know_subjects(
    "stf",
    staff_of,
    {
        "staff.created": N_("The member of staff was added."),
        "staff.updated": N_("The member of staff was changed: %(fields)s."),
        "staff.signed_in": N_("Signed in to the portal."),
        "staff.signed_out": N_("Signed out of the portal."),
    },
)
know_subjects(
    "key",
    key_of,
    {
        "key.created": N_("The API key was created."),
        "key.updated": N_("The API key was changed: %(fields)s."),
        "key.rotated": N_("The API key got a new secret; older ones were taken for %(overlap_hours)s more hours."),
        "key.revoked": N_("The API key was revoked."),
    },
)
