"""Wheels of the runtime requirements for the machine that Lambda is: fetched as pinned, never built."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from infra.package.contents import RUNNING

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # those of Lambda's that the product runs on
PYTHON_OTHERWISE = "3.13"
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_LICENCE = re.compile(r"(licen[sc]e|copying|notice|authors)", re.IGNORECASE)
_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")


@dataclass(frozen=True)
class Target:
    """The machine a package is for."""

    architecture: str
    python: str

    @property
    def runtime(self) -> str:
        """Lambda's name of the Python."""
        return f"python{self.python}"

    @property
    def platforms(self) -> list[str]:
        """Wheels that run there. Amazon Linux 2023 has glibc 2.34."""
        machine = _MACHINES[self.architecture]
        return [f"{name}_{machine}" for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]


def here() -> Target:
    """This machine and this Python."""
    machine = platform.machine().lower()
    architecture = "arm64" if machine in ("arm64", "aarch64") else "x86_64"
    return Target(architecture, f"{sys.version_info.major}.{sys.version_info.minor}")


def usual_python() -> str:
    """The Python packages are built for: this one, which the tests ran on and which can compile for itself."""
    own = here().python
    return own if own in PYTHONS else PYTHON_OTHERWISE


def canonical(name: str) -> str:
    """A distribution's name as packaging compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """Name and version of every distribution that runs, as requirements.txt pins them."""
    found = dict(_PIN.findall(REQUIREMENTS.read_text(encoding="utf-8")))
    missing = set(RUNNING) - set(found)
    if missing:
        raise LookupError(f"not pinned in requirements.txt: {', '.join(sorted(missing))}")
    return {name: found[name] for name in RUNNING}


def fetch(target: Target, folder: Path) -> dict[str, Path]:
    """Wheels by distribution, from `folder` or fetched into it. Raises CalledProcessError if one cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pins()
    if set(present := _present(folder, wanted)) != set(wanted):
        pinned = [f"{name}=={version}" for name, version in wanted.items()]
        where = [option for name in target.platforms for option in ("--platform", name)]
        options = ["--quiet", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        options += ["--only-binary=:all:", "--python-version", target.python, "--implementation", "cp", *where]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), *pinned],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        present = _present(folder, wanted)
    return present


def _present(folder: Path, wanted: dict[str, str]) -> dict[str, Path]:
    by_name = {}
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        by_name[canonical(name), version] = path
    keys = {name: (canonical(name), version) for name, version in wanted.items()}
    return {name: by_name[key] for name, key in keys.items() if key in by_name}


def files_of(distribution: str, wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Files of a wheel as they are installed. Of its own papers only the licences, under `licences/`."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = PurePosixPath(entry.filename)
            if entry.is_dir() or ".data" in path.parts[0]:
                continue
            if path.parts[0].endswith(".dist-info"):
                if _LICENCE.search(path.name) and path.suffix != ".py":
                    yield f"licences/{distribution}/{path.name}", archive.read(entry)
            else:
                yield entry.filename, archive.read(entry)
