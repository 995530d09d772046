"""Portal pages of the directory: signing in, the frame, the test clock."""

from __future__ import annotations

from chalicelib.directory.pages import clock, signing_in
from chalicelib.directory.pages.base import pages

ROOMS = (signing_in, clock)

__all__ = ["ROOMS", "pages"]
