"""What crosses the wire about what a file may look like."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from chalicelib.connect.rules import COLUMNS_MAX, FILE_BYTES_MAX, HEADER_BYTES_MAX, ROW_BYTES_MAX, ROWS_MAX
from chalicelib.connect.schemas.imports import Kind, Language
from chalicelib.kernel.i18n import translator
from chalicelib.web.endpoints import Schema


class FormatQuery(Schema):
    """Parameters of a format's description."""

    language: Language | None = Field(default=None, description="Of labels, help and sample; else Accept-Language.")


class ColumnOut(Schema):
    """A column that a file may have."""

    name: str
    label: str
    help: str
    example: str
    aliases: list[str] = Field(description="Headers that are understood beside the name and the labels.")
    is_required: bool


class LimitsOut(Schema):
    """How large a file may be."""

    file_bytes_max: int = FILE_BYTES_MAX
    rows_max: int = ROWS_MAX
    columns_max: int = COLUMNS_MAX
    row_bytes_max: int = ROW_BYTES_MAX
    header_bytes_max: int = HEADER_BYTES_MAX


class ImportFormatOut(Schema):
    """What a file of a kind may look like."""

    kind: Kind
    language: Language
    encodings: list[str]
    delimiters: list[str]
    columns: list[ColumnOut]
    limits: LimitsOut
    sample: str = Field(description="A small CSV file.")

    @classmethod
    def of(cls, kind: Any, language: Language) -> Self:
        """The description of a kind in a language."""
        say = translator(language).gettext
        columns = [
            ColumnOut(
                name=column.name,
                label=say(column.label),
                help=say(column.help),
                example=column.example,
                aliases=list(column.aliases),
                is_required=column.is_required,
            )
            for column in kind.columns
        ]
        return cls(
            kind=kind.name,
            language=language,
            encodings=["utf-8", "gb18030"],
            delimiters=[",", ";", "tab"],
            columns=columns,
            limits=LimitsOut(),
            sample=kind.sample(language),
        )
