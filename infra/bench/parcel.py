"""P9: how large the deployment packages are without boto3, which Lambda brings along but not in our version."""

from __future__ import annotations

import zipfile
from pathlib import Path

from infra.local.state import Folder

AWS_OWN = ("boto3", "botocore", "s3transfer", "jmespath")


def measured(folder: Path | None = None) -> dict[str, int]:
    """Bytes of every package by its file's name: as they lie compressed, without AWS's own libraries."""
    place = folder or Folder.here().path / "package"
    return {path.name: _size(path) for path in sorted(place.glob("**/*.zip"))}


def _size(path: Path) -> int:
    with zipfile.ZipFile(path) as parcel:
        return sum(
            one.compress_size for one in parcel.infolist() if not one.filename.split("/")[0].startswith(AWS_OWN)
        )
