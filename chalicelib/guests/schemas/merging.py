"""What crosses the wire about merges of guests and their undoing."""

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.guests.rules.merging import MERGE_REASON_LENGTH_MAX
from chalicelib.guests.schemas.guests import ConsentOut, ExternalIdOut
from chalicelib.web.endpoints import Schema

DEMO_DOUBLES = ("gst_0000000000000000000000d001", "gst_0000000000000000000000d002")
DEMO_MERGED = ("gst_0000000000000000000000d003", "gst_0000000000000000000000d004")
DEMO_MERGE = "mrg_0000000000000000000000d000"

Group = Literal["name", "birthday", "language", "time_zone", "nationality", "occupation", "home_property_id"]
WhoseWord = Literal["survivor", "absorbed"]
GuestId = Annotated[str, Field(max_length=40, examples=[DEMO_DOUBLES[0]])]

_PAIR = {"survivor_id": DEMO_DOUBLES[0], "absorbed_id": DEMO_DOUBLES[1]}
_LOOKED_AT = {"survivor_id": DEMO_MERGED[0], "absorbed_id": DEMO_DOUBLES[0]}  # still two once the other pair is merged


class MergePreviewIn(Schema):
    """Two guests who may be one person."""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{**_LOOKED_AT, "choices": {"name": "absorbed"}}]}
    }

    survivor_id: GuestId = Field(description="Who is left.")
    absorbed_id: GuestId = Field(description="Who goes into the other one; the id goes on leading there.")
    choices: dict[Group, WhoseWord] = Field(
        default={},
        description="Whose word the guest shows. Absent: the survivor's, or the absorbed one's where that is the only.",
    )


class MergeIn(MergePreviewIn):
    """The decision that two guests are one person."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{**_PAIR, "reason": "The same passport"}]}}

    reason: str = Field(default="", max_length=MERGE_REASON_LENGTH_MAX, description="Why they are one person.")
    survivor_version: int | None = Field(default=None, description="As seen in the preview; another is refused (412).")
    absorbed_version: int | None = Field(default=None, description="As seen in the preview; another is refused (412).")


class PartingIn(Schema):
    """The decision that a merge was wrong."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"reason": "Mother and daughter"}]}}

    reason: str = Field(default="", max_length=MERGE_REASON_LENGTH_MAX, description="Why they are two persons.")


class ParticularsOut(Schema):
    """The particulars of a guest, as a merge sees them."""

    given_name: str
    family_name: str
    birth_date: str | None
    birthday_calendar: str
    language: str | None
    time_zone: str | None
    nationality: str | None
    occupation: str | None
    home_property_id: str | None
    emails: list[str]
    phones: list[str]
    external_ids: list[ExternalIdOut]
    property_ids: list[str]
    consents: list[ConsentOut]
    is_do_not_greet: bool


class HoldingOut(Schema):
    """What lies under a guest's ids: it stays where it is, and is read under all ids of the survivor."""

    kind: str
    count: int


class MergeSideOut(Schema):
    """One of the two as it is."""

    guest_id: str
    version: int
    particulars: ParticularsOut
    holdings: list[HoldingOut]


class TooManyOut(Schema):
    """Of what the two together have more than one guest can have."""

    field: str
    count: int
    limit: int


class MergePreviewOut(Schema):
    """What a merge would make of two guests."""

    survivor: MergeSideOut
    absorbed: MergeSideOut
    together: ParticularsOut
    chosen: dict[str, str]
    conflicts: list[str]
    warnings: list[str]
    too_many: list[TooManyOut]
    refusal: str | None


class ReportLineOut(Schema):
    """What a parting gave to whom, and why. No particulars: names of fields, ids and counts."""

    what: str
    name: str
    guest_id: str
    reason: str
    count: int | None = None
    ids: list[str] = []


class MergeOut(Schema):
    """A merge. `preparing` and `parting` go on by themselves: ask again."""

    id: str
    status: str
    survivor_id: str
    absorbed_id: str
    choices: dict[str, str]
    reason: str
    evidence: dict[str, Any] | None
    refusal: str | None
    created_at: str
    merged_at: str | None
    decided_by: str
    parted_at: str | None
    parted_by: str | None
    parting_reason: str | None
    report: list[ReportLineOut]
    version: int
