"""A file is chosen in a browser and goes straight to where files are kept, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

ROWS = "external_id,given_name,family_name\nW-1,Wanda,Wolf\nW-2,Willem,de Wit\n"


@pytest.mark.parametrize("has_scripts", [True, False])
def test_from_the_list_to_the_preview(open_page: Open, tmp_path: Path, has_scripts: bool) -> None:
    file = tmp_path / "客人 march.csv"
    file.write_text(ROWS)
    page = open_page("manager", "/portal/imports", java_script_enabled=has_scripts, size="narrow")
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("Rows of").select_option("guests")
    page.get_by_role("button", name="Choose the file").click()
    page.get_by_label("CSV file, at most 1 GB").set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Columns and preview")
    expect(page.get_by_role("cell", name="Wanda")).to_be_visible()
    name = file.name if has_scripts else "Guests 2026-03-04.csv"
    expect(page.get_by_role("link", name=name)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= 320") if has_scripts else True
    page.get_by_role("button", name="Check the whole file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_an_empty_file_is_not_sent(open_page: Open, tmp_path: Path) -> None:
    file = tmp_path / "nothing.csv"
    file.touch()
    page = open_page("manager", "/portal/imports/new")
    page.get_by_role("button", name="Choose the file").click()
    page.get_by_label("CSV file, at most 1 GB").set_input_files(file)
    here = page.url
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_text("The file is empty.")).to_be_visible()
    assert page.url == here and page.evaluate("document.activeElement.id") == "file"
