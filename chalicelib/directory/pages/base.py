"""The room's one list of pages, which its files add to."""

from __future__ import annotations

from chalicelib.web.pages import Pages

pages = Pages("directory")
