"""What crosses the wire about the year ahead."""

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.kernel.i18n import translator
from chalicelib.outreach.rules.festivals import FestivalName
from chalicelib.outreach.rules.vocabulary import OCCASIONS, OccasionName
from chalicelib.outreach.schemas import DayOut, Id
from chalicelib.outreach.words import LANGUAGES
from chalicelib.web.endpoints import PageQuery, Schema


class AheadQuery(PageQuery):
    """Whose year."""

    property_id: Id | None = Field(default=None, description="What is kept there; left out: at all that you see.")


class AheadOut(Schema):
    """A day that is kept, and for whom; all that is named of its guests has to hold."""

    day: DayOut
    occasion: OccasionName
    kept: str = Field(description="A festival's name, the id of a chain's own day, or the occasion itself.")
    names: dict[Literal["en", "zh"], str]
    is_lunar: bool = Field(description="Whether its date follows the lunar calendar.")
    language: str | None = Field(description="Only guests who are written to in this language.")
    keeps: FestivalName | None = Field(description="Only guests who have said that they keep this festival.")
    property_id: str | None = Field(description="Only guests to whom this property speaks.")
    will_write: bool = Field(description="Whether the occasion is on at that hour, by what is published by now.")

    @classmethod
    def of(cls, one: Any) -> Self:
        """A day as it is shown."""
        festival, label = one.festival, OCCASIONS[one.occasion].label
        return cls(
            day=one.day.isoformat(),
            occasion=one.occasion,
            kept=one.occasion if festival is None else festival.name,
            names={
                spoken: translator(spoken).gettext(label) if festival is None else festival.called(spoken)
                for spoken in LANGUAGES
            },
            is_lunar=festival is not None and festival.is_lunar,
            language=next(iter(festival.languages), None) if festival is not None else None,
            keeps=None if festival is None else festival.name if festival.is_religious else festival.keeps,
            property_id=None if festival is None else festival.property_id,
            will_write=one.is_written,
        )
