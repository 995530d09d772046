"""What crosses the wire about the rules of care, about what is owed by them, and what became of it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field

from chalicelib.kernel.i18n import InvalidValue, translator
from chalicelib.outreach.rules.care import BLESSINGS, BOUNDS, TOO_LITTLE, TOO_MUCH, RuleName
from chalicelib.outreach.rules.obligations import OWN_REASONS, ObligationStatus
from chalicelib.outreach.rules.versions import Standing
from chalicelib.outreach.schemas import DayIn, DayOut, Id, InstantOut, why
from chalicelib.outreach.schemas.policies import BEGINNING, STANDING, BeginningIn
from chalicelib.web.endpoints import PageQuery, Schema

Blessing = Literal["birthday", "festival", "special_day", "stay_anniversary", "member_anniversary"]
SETTINGS = ("days", "per_month", "stays", "window_days", "contact_day", "grace_days", "occasions")


def _bounded(rule: str, name: str) -> Callable[[int], int]:
    """A check of a setting, so that all that is wrong with a body is said at once."""
    bound = BOUNDS[rule][name]

    def check(value: int) -> int:
        if value < bound.least:
            raise InvalidValue(TOO_LITTLE, limit=bound.least)
        if value > bound.most:
            raise InvalidValue(TOO_MUCH, limit=bound.most)
        return value

    return check


Days = Annotated[int, AfterValidator(_bounded("new_guest", "days"))]
PerMonth = Annotated[int, AfterValidator(_bounded("loyal_guest", "per_month"))]
Stays = Annotated[int, AfterValidator(_bounded("loyal_guest", "stays"))]
WindowDays = Annotated[int, AfterValidator(_bounded("loyal_guest", "window_days"))]
ContactDay = Annotated[int, AfterValidator(_bounded("loyal_guest", "contact_day"))]
GraceDays = Annotated[int, AfterValidator(_bounded("silence", "grace_days"))]


def reason_words(reason: str | None, language: str) -> str | None:
    """Why something owed was not kept, as a sentence in a language."""
    if reason in OWN_REASONS:
        return translator(language).gettext(OWN_REASONS[reason])
    return why(reason, language)


class CarePolicyIn(Schema):
    """What is to hold from now on, or from a later day. Settings of other rules are refused, and those left out are as
    usual."""

    is_on: bool
    may_override: bool = Field(default=False, description="Whether properties may have a version of their own.")
    property_id: Id | None = Field(default=None, description="A version of this property's own, in the chain's stead.")
    valid_from: BeginningIn | None = Field(default=None, description=BEGINNING)
    days: Days | None = Field(
        default=None,
        description="new_guest: within how many days after the stay; 1 to 7. Our message leaves on the second day: "
        "below 3 a person has to be faster.",
    )
    per_month: PerMonth | None = Field(default=None, description="loyal_guest: how many contacts a month; 1 to 4.")
    stays: Stays | None = Field(default=None, description="loyal_guest: so many stays make a regular guest; 2 or 3.")
    window_days: WindowDays | None = Field(default=None, description="loyal_guest: in how many days; 90 to 365.")
    contact_day: ContactDay | None = Field(
        default=None, description="loyal_guest: the day of the month on which the chain's own message leaves; 1 to 25."
    )
    grace_days: GraceDays | None = Field(default=None, description="silence: how many days late a call may be; 0 to 3.")
    occasions: list[Blessing] | None = Field(
        default=None, max_length=len(BLESSINGS), description="blessings: birthday and festival, and what is added."
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"is_on": True, "days": 7, "may_override": True}]}
    }

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that were given."""
        given = {name: getattr(self, name) for name in SETTINGS}
        return {name: value for name, value in given.items() if value is not None}


class CareWithdrawalIn(Schema):
    """Whose version it is."""

    property_id: Id | None = Field(default=None, description="The property whose own version it is; null: the chain's.")

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{}]}}


class CarePolicyQuery(PageQuery):
    """Where a policy holds."""

    property_id: Id | None = Field(default=None, description="As it holds at this property.")


class CarePolicyOut(Schema):
    """A version of a rule of care."""

    rule: RuleName
    version: int = Field(description="0 is the house's own version, by which nothing is owed.")
    id: str = Field(description="What an obligation notes of it, such as `new_guest#3`.")
    property_id: str | None = Field(description="The property whose own version it is; null: the chain's.")
    is_on: bool
    may_override: bool
    settings: dict[str, int | list[str]]
    standing: Standing = Field(description=STANDING)
    valid_from: InstantOut | None = Field(description="When it begins; null for the house's own version.")
    on_since: InstantOut | None = Field(description="What lies before this was never owed.")
    made_by: str | None
    withdrawn_at: InstantOut | None = Field(description="When it was withdrawn, before it began.")

    @classmethod
    def of(cls, policy: Any, standing: Standing) -> Self:
        """A version as it is shown."""
        return cls(
            rule=policy.rule,
            version=policy.number,
            id=policy.id,
            property_id=policy.property_id,
            is_on=policy.is_on,
            may_override=policy.may_override,
            settings=dict(policy.settings),
            standing=standing,
            valid_from=policy.valid_from,
            on_since=policy.on_since,
            made_by=policy.made_by,
            withdrawn_at=policy.withdrawn_at,
        )


class ObligationQuery(PageQuery):
    """Filters of the list of obligations. Days are the last ones of the periods."""

    property_id: Id | None = Field(default=None, description="Who owes it.")
    guest_id: Id | None = None
    rule: RuleName | None = None
    status: ObligationStatus | None = None
    from_: DayIn | None = Field(default=None, alias="from", description="Due on this day or later.")
    to: DayIn | None = Field(default=None, description="Due on this day or earlier.")


class EvidenceOut(Schema):
    """A contact that was made."""

    kind: Literal["delivery", "task"] = Field(description="By a message, or by a person.")
    id: str
    at: InstantOut


class ObligationOut(Schema):
    """What is owed to a guest in a period, and what became of it."""

    id: str
    version: int
    guest_id: str
    property_id: str | None = Field(description="Who owes it; null: the chain.")
    rule: RuleName
    occurrence: str = Field(description="Which one, such as `loyal_guest#2026-04`: owed once.")
    policy: str = Field(description="The version of the rule, such as `loyal_guest#2`.")
    begins_at: InstantOut
    closes_at: InstantOut
    due_on: DayOut = Field(description="The last day, where the property is.")
    needed: int = Field(description="How many contacts keep it.")
    status: ObligationStatus
    reason: str | None = Field(description="Why it was breached or excused, as a code.")
    why: str | None = Field(description="The same as a sentence.")
    evidence: list[EvidenceOut]
    stay_id: str | None
    task_id: str | None
    opened_at: InstantOut
    closed_at: InstantOut | None

    @classmethod
    def of(cls, record: Any, language: str) -> Self:
        """An obligation as it is shown to a reader of `language`."""
        return cls(
            id=record.id,
            version=int(record.version),
            guest_id=record.guest_id,
            property_id=record.property_id,
            rule=record.rule,
            occurrence=record.occurrence,
            policy=record.policy,
            begins_at=record.begins_at,
            closes_at=record.closes_at,
            due_on=record.due_on,
            needed=int(record.needed),
            status=record.status,
            reason=record.reason,
            why=reason_words(record.reason, language),
            evidence=[EvidenceOut(**one) for one in record.evidence],
            stay_id=record.stay_id,
            task_id=record.task_id,
            opened_at=record.opened_at,
            closed_at=record.closed_at,
        )


class ComplianceQuery(Schema):
    """Which days, and of which property."""

    property_id: Id | None = None
    from_: DayIn | None = Field(default=None, alias="from", description="First last day; by default the month's.")
    to: DayIn | None = Field(default=None, description="Last one; by default the month's end. At most 400 days.")


class ComplianceOut(Schema):
    """owed = kept + breached + excused + open; rate_percent = 100 × kept ÷ (kept + breached)."""

    property_id: str | None
    month: str | None
    rule: RuleName | None
    owed: int
    kept: int
    breached: int
    excused: int = Field(description="Not counted in the rate: nobody could have kept these.")
    open: int = Field(description="Not decided yet, and not in the rate.")
    rate_percent: float | None = Field(description="With one decimal; null where nothing has been decided.")
    reasons: dict[str, int] = Field(description="How often which reason was given, of breached and excused ones.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """A row of figures, or their sum."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields if name != "reasons"},
                   reasons=dict(row.reasons))  # fmt: skip


class CompliancesOut(Schema):
    """Figures by property, month and rule, and their sum."""

    rows: list[ComplianceOut]
    total: ComplianceOut
    is_complete: bool = Field(description="False: there was more than one request reads; ask for fewer days.")
