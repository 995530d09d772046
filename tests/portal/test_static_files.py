"""The stylesheet and the scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


def test_every_file_a_page_refers_to_is_there(world: World, visit: Visit) -> None:
    page = visit().get("/portal/sign-in")
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.html))
    assert len(addresses) == 4
    for address in addresses:
        file = visit().get(address)
        assert file.status == 200
        assert "immutable" in file.headers["cache-control"]
        assert file.headers["content-type"].split(";")[0] in ("text/css", "text/javascript", "image/svg+xml")


@pytest.mark.parametrize("name", ["nothing.css", "../pages.py", "..%2Fpages.py", "%2e%2e/pages.py", "htmx.LICENSE", ""])
def test_nothing_else_is_served(world: World, visit: Visit, name: str) -> None:
    assert visit().get(f"/static/{name}").status == 404
