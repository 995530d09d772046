"""The room's one list of pages, which its files add to, and how a choice is read from their addresses."""

from __future__ import annotations

from collections.abc import Container

from chalicelib.kernel.errors import Malformed
from chalicelib.web.pages import Pages

pages = Pages("outreach")


def one_of(text: str, known: Container[str]) -> str | None:
    """A choice that stands in a page's address; None where nothing is chosen. Raises Malformed for what is none."""
    if not text:
        return None
    if text not in known:
        raise Malformed()
    return text
