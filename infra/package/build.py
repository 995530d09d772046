"""Writes the deployable package: `make package`.

    .local/package/data.json, code.json      the templates of the two stacks
    .local/package/arm64/api.zip, …          the code, for each architecture, with its manifest
    .local/package/sizes.json                how large, and how large with all of boto and with none

The same sources give the same bytes: entries are sorted, their times are fixed, wheels are pinned.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.package import code_stack, contents, data_stack, wheels
from infra.package.contents import TRIMMED, WHOLE, WITHOUT, Variant
from infra.package.wheels import ROOT, Target
from infra.package.words import text_of

Files = dict[str, bytes]

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
READABLE = 0o100644 << 16
ARCHITECTURES = ("arm64", "x86_64")
COMPILE_TIMEOUT_S = 300
LAMBDA_TASK_ROOT = "/var/task"


@dataclass(frozen=True)
class Package:
    """What was built for one target."""

    target: Target
    folder: Path
    manifest: dict[str, Any]

    @property
    def zips(self) -> dict[str, Path]:
        """The zips by purpose: `api` and `workers`."""
        return {name: self.folder / f"{name}.zip" for name in ("api", "workers")}


def local_folder() -> Path:
    """Where packages lie, beside everything else that tools leave behind."""
    return ROOT / os.environ.get("HOSPES_LOCAL", ".local") / "package"


def build(target: Target, out: Path, *, wheel_folder: Path | None = None) -> Package:
    """Write the zips and their manifest for a target into `out`."""
    fetched = wheels.fetch(target, wheel_folder or local_folder() / "wheels" / f"{target.architecture}-{target.python}")
    stage = out / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    files = {**libraries(fetched), **own_files()}
    is_compiled = compile_into(files, stage, target)
    zips = {"api": zip_of(files), "workers": zip_of({n: c for n, c in files.items() if contents.is_for_workers(n)})}
    shutil.rmtree(stage, ignore_errors=True)
    manifest: dict[str, Any] = {
        "architecture": target.architecture,
        "runtime": target.runtime,
        "is_compiled": is_compiled,
        "zips": {},
    }
    for name, content in zips.items():
        (out / f"{name}.zip").write_bytes(content)
        manifest["zips"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return Package(target, out, manifest)


def libraries(fetched: Mapping[str, Path], variant: Variant = TRIMMED) -> Files:
    """Every file of the libraries that runs, and the licences of all of them."""
    found: Files = {}
    for distribution, wheel in fetched.items():
        if distribution in contents.BOTO and not variant.has_boto:
            continue
        for path, content in wheels.files_of(distribution, wheel):
            if path.startswith("licences/") or contents.is_taken(distribution, path, variant):
                found[path] = content
    return found


def own_files() -> Files:
    """The product: `app.py` and `chalicelib`, with its licence."""
    paths = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*"))]
    found = {}
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and contents.is_own_taken(name):
            found[name] = path.read_bytes()
    return {**found, "licences/hospes/LICENSE": (ROOT / "LICENSE").read_bytes()}


def compile_into(files: Files, stage: Path, target: Target) -> bool:
    """Add compiled modules to `files`, if a Python of the target's version is at hand: Lambda cannot write its own.

    They are taken unchecked, since a zip's times say nothing.
    """
    interpreter = interpreter_for(target)
    if interpreter is None:
        return False
    for name, content in files.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    options = ["-q", "-f", "--invalidation-mode", "unchecked-hash", "-s", str(stage), "-p", LAMBDA_TASK_ROOT]
    subprocess.run(
        [interpreter, "-m", "compileall", *options, str(stage)],
        check=True,
        timeout=COMPILE_TIMEOUT_S,
        env={"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")},
    )
    for path in stage.rglob("*.pyc"):
        files[path.relative_to(stage).as_posix()] = path.read_bytes()
    return True


def interpreter_for(target: Target) -> str | None:
    """A Python of the target's version on this machine, or None."""
    if wheels.here().python == target.python:
        return sys.executable
    name = shutil.which(f"python{target.python}")
    if name is None:
        return None
    asked = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=10, check=False)
    return name if asked.returncode == 0 and asked.stdout.startswith(f"Python {target.python}.") else None


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """A zip of files that depends on nothing but them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.external_attr = READABLE
            entry.create_system = 3  # Unix, wherever it is built
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def sizes_of(fetched: Mapping[str, Path]) -> dict[str, dict[str, int]]:
    """Bytes of the API's zip from sources alone: with boto trimmed, whole, and without it, as Lambda brings its own."""
    own = own_files()
    found = {}
    for variant in (TRIMMED, WHOLE, WITHOUT):
        files = {**libraries(fetched, variant), **own}
        found[variant.name] = {
            "zip_bytes": len(zip_of(files)),
            "unpacked_bytes": sum(len(content) for content in files.values()),
            "files": len(files),
        }
    return found


def write_templates(out: Path) -> None:
    """Write both templates."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "data.json").write_text(text_of(data_stack.template()), encoding="utf-8")
    (out / "code.json").write_text(text_of(code_stack.template()), encoding="utf-8")


def main() -> None:
    """Build for both architectures, or for one."""
    parser = argparse.ArgumentParser(description="Writes the deployable package.")
    parser.add_argument("--architecture", choices=[*ARCHITECTURES, "here"], action="append")
    usual = wheels.usual_python()
    parser.add_argument("--python", choices=wheels.PYTHONS, default=usual, help="the version of Lambda's Python")
    parser.add_argument("--out", type=Path, default=local_folder())
    arguments = parser.parse_args()
    out: Path = arguments.out
    write_templates(out)
    for name in arguments.architecture or ARCHITECTURES:
        target = wheels.here() if name == "here" else Target(name, arguments.python)
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        package = build(target, folder)
        zips = package.manifest["zips"]
        told = ", ".join(f"{one} {zips[one]['bytes'] / 1e6:.2f} MB" for one in zips)
        how = "compiled" if package.manifest["is_compiled"] else f"not compiled, as no Python {target.python} is here"
        print(f"{name}: {told} ({target.runtime}, {how})")
    last = Target("arm64", arguments.python)
    sizes = sizes_of(wheels.fetch(last, local_folder() / "wheels" / f"arm64-{last.python}"))
    (out / "sizes.json").write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")
    for name, size in sizes.items():
        print(f"sources only, {name}: {size['zip_bytes'] / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
