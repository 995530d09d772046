"""P9: how large the deployment packages are without AWS's libraries, which Lambda brings along in a version of its own.

They are built first, from the sources as they are: an older package says nothing about them.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from infra.local.state import Folder

AWS_OWN = ("boto3", "botocore", "s3transfer", "jmespath")
BUILD_S_MAX = 600


def built() -> Path:
    """Build the package for this machine as `make package` does; the folder that its zips lie in."""
    folder = Folder.here().path / "bench-package"
    command = [sys.executable, "-m", "infra.package.build", "--architecture", "here", "--out", str(folder)]
    subprocess.run(command, check=True, stdout=sys.stderr, timeout=BUILD_S_MAX)
    return folder


def measured(folder: Path) -> dict[str, int]:
    """Bytes of every package by its file's place: as they lie compressed, without AWS's own libraries."""
    return {path.relative_to(folder).as_posix(): _size(path) for path in sorted(folder.glob("**/*.zip"))}


def _size(path: Path) -> int:
    with zipfile.ZipFile(path) as parcel:
        return sum(
            one.compress_size for one in parcel.infolist() if not one.filename.split("/")[0].startswith(AWS_OWN)
        )
