"""Why a row was rejected, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import translator

ERRORS_PER_ROW_MAX = 10  # enough to repair a row; a group of rejections has to fit into one item of 400 KB
SENTENCE_LENGTH_MAX = 200


@dataclass(frozen=True)
class Rejected:
    """A rejected row: its number and first line, where it is in the file (size 0: too long to be read), and why."""

    row: int
    line: int
    at: int
    size: int
    reason: str | None = None
    errors: tuple[FieldError, ...] = field(default=())

    def stored(self) -> list[Any]:
        """As it lies in an item: positions first, sentences bounded."""
        errors = [
            [one.pointer, one.detail[:SENTENCE_LENGTH_MAX], one.code, dict(one.values)]
            for one in self.errors[:ERRORS_PER_ROW_MAX]
        ]
        reason = self.reason[:SENTENCE_LENGTH_MAX] if self.reason else None
        return [self.row, self.line, self.at, self.size, reason, errors]

    @classmethod
    def of_stored(cls, stored: list[Any]) -> Rejected:
        """What `stored` wrote."""
        row, line, at, size, reason, errors = stored
        found = tuple(FieldError(pointer, detail, code, values) for pointer, detail, code, values in errors)
        return cls(int(row), int(line), int(at), int(size), reason, found)

    def said(self, language: str) -> str:
        """Everything that is wrong, in one line: `birth_date: is not a day of the calendar; …`."""
        parts = []
        for error in self.errors:
            column = column_of(error)
            sentence = said(error.detail, error.values, language)
            parts.append(f"{column}: {sentence}" if column else sentence)
        details = "; ".join(dict.fromkeys(parts))
        is_repeated = any(error.detail == self.reason for error in self.errors)
        if self.reason is None or is_repeated:
            return details
        return f"{said(self.reason, {}, language)} {details}".strip()


def column_of(error: FieldError) -> str:
    """The column that a field error is about, from its pointer; empty for the row as a whole."""
    return error.pointer.strip("/").split("/", 1)[0]


def said(sentence: str, values: Mapping[str, str | int], language: str) -> str:
    """A marked sentence in a language."""
    text = translator(language).gettext(sentence)
    return text % values if values else text
