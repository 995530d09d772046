"""The zips hold what runs, all of it, and little else; and they can be made again to the byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chalicelib.wiring import FUNCTIONS
from infra.package import build, contents, wheels
from infra.package.build import Package
from infra.package.wheels import ROOT, Target

ZIP_BYTES_MAX = 12_000_000  # compiled; most of it is pydantic's core and the libraries' modules
LAMBDA_UNPACKED_BYTES_MAX = 250_000_000

# Imports what a function starts with, out of nothing but a folder, and tells what came along.
STARTED = """
import json, sys
folder, module = sys.argv[1:]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
__import__(module)
from chalicelib.kernel import aws, later
later.fetch()
for service in {services!r}:
    aws.client(service)
files = [getattr(one, "__file__", None) or "" for one in list(sys.modules.values())]
print(json.dumps({{"modules": sorted(sys.modules), "files": files}}))
"""


def started(folder: Path, module: str) -> dict[str, list[str]]:
    """What a fresh process has imported."""
    script = STARTED.format(services=contents.SERVICES)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", script, str(folder), module],
        env={"HOSPES_SECRET": "x", "AWS_DEFAULT_REGION": "eu-west-1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def api(unpacked: dict[str, Path]) -> dict[str, list[str]]:
    """What the API has imported."""
    return started(unpacked["api"], "app")


class TestStart:
    def test_the_api_starts_from_its_zip_alone(self, api: dict[str, list[str]], unpacked: dict[str, Path]) -> None:
        base = Path(sys.base_prefix)
        strange = [
            one for one in api["files"]
            if one and not one.startswith((str(unpacked["api"]), str(base))) and not one.startswith("<")
        ]  # fmt: skip
        assert strange == []

    def test_every_library_in_the_zip_is_used(self, api: dict[str, list[str]], package: Package) -> None:
        with zipfile.ZipFile(package.zips["api"]) as archive:
            tops = {name.partition("/")[0].removesuffix(".py") for name in archive.namelist()}
        tops = {top for top in tops if not top.endswith((".dist-info", ".libs"))} - {"licences", "__pycache__"}
        lazy = {"tzdata"}  # read as files by zoneinfo
        assert tops - lazy <= {name.partition(".")[0] for name in api["modules"]}

    def test_workers_start_without_chalice_and_without_pages(self, unpacked: dict[str, Path]) -> None:
        found = set(started(unpacked["workers"], "chalicelib.workers")["modules"])
        assert not {"chalice", "chalicelib.web.pages", "chalicelib.web.application"} & found
        assert not (unpacked["workers"] / "chalice").exists()
        assert not (unpacked["workers"] / "chalicelib/guests/templates").exists()
        assert (unpacked["workers"] / "chalicelib/outreach/templates/messages/birthday/en/body.txt").exists()

    def test_modules_are_compiled(self, unpacked: dict[str, Path]) -> None:
        tag = sys.implementation.cache_tag
        assert (unpacked["api"] / f"chalicelib/kernel/__pycache__/agenda.{tag}.pyc").exists()

    def test_no_compiled_module_names_this_machine(self, unpacked: dict[str, Path]) -> None:
        tag = sys.implementation.cache_tag
        compiled = (unpacked["api"] / f"__pycache__/app.{tag}.pyc").read_bytes()
        assert b"/var/task/app.py" in compiled
        assert str(Path.home()).encode() not in compiled and b"stage/app.py" not in compiled


class TestContents:
    def test_handlers_are_where_the_wiring_says(self, package: Package) -> None:
        for function in FUNCTIONS:
            name = "api" if function.kind == "api" else "workers"
            with zipfile.ZipFile(package.zips[name]) as archive:
                assert function.handler.rpartition(".")[0].replace(".", "/") + ".py" in archive.namelist()

    def test_services_that_the_product_calls_are_in(self, package: Package) -> None:
        called = set()
        for path in (ROOT / "chalicelib").rglob("*.py"):
            called |= set(re.findall(r"aws\.client\(\"(\w+)\"\)|[^.\w]client\(\"(\w+)\"\)", path.read_text()))
        names = {one or other for one, other in called}
        assert "dynamodb" in names
        assert names <= set(contents.SERVICES)
        with zipfile.ZipFile(package.zips["workers"]) as archive:
            data = {name.split("/")[2] for name in archive.namelist() if re.match(r"botocore/data/\w+/", name)}
        assert data == set(contents.SERVICES)

    def test_every_library_brings_its_licence(self, package: Package) -> None:
        with zipfile.ZipFile(package.zips["workers"]) as archive:
            licensed = {name.split("/")[1] for name in archive.namelist() if name.startswith("licences/")}
        assert set(contents.RUNNING) | {"hospes"} == licensed

    def test_nothing_private_is_in(self, package: Package) -> None:
        with zipfile.ZipFile(package.zips["api"]) as archive:
            names = archive.namelist()
        assert not [name for name in names if name.startswith((".", "infra", "tests", "docs")) or ".local" in name]

    def test_sizes(self, package: Package) -> None:
        zips = package.manifest["zips"]
        assert zips["workers"]["bytes"] < zips["api"]["bytes"] < ZIP_BYTES_MAX
        with zipfile.ZipFile(package.zips["api"]) as archive:
            assert sum(entry.file_size for entry in archive.infolist()) < LAMBDA_UNPACKED_BYTES_MAX / 4


class TestTarget:
    @pytest.mark.parametrize(
        ("architecture", "machine"), [("arm64", "manylinux2014_aarch64"), ("x86_64", "manylinux2014_x86_64")]
    )
    def test_wheels_are_those_of_lambda_s_machine(self, architecture: str, machine: str) -> None:
        target = Target(architecture, "3.13")
        assert machine in target.platforms
        assert target.runtime == "python3.13"

    def test_only_pinned_versions_run(self) -> None:
        assert set(wheels.pins()) == set(contents.RUNNING)
        assert wheels.pins()["botocore"].count(".") == 2


class TestZip:
    def test_the_order_of_files_makes_no_difference(self) -> None:
        files = {"b.py": b"2", "a/__init__.py": b"", "a.py": b"1"}
        assert build.zip_of(files) == build.zip_of(dict(reversed(files.items())))

    def test_times_and_rights_are_fixed(self, tmp_path: Path) -> None:
        (tmp_path / "one.zip").write_bytes(build.zip_of({"a.py": b"1"}))
        with zipfile.ZipFile(tmp_path / "one.zip") as archive:
            (entry,) = archive.infolist()
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == 0o100644

    def test_the_package_can_be_made_again(self, package: Package, tmp_path: Path) -> None:
        again = build.build(package.target, tmp_path)
        assert again.manifest == package.manifest
