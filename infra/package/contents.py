"""What goes into the zips: the product, and of each library only what runs. Everything left out is named here."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

# The services that the product calls; boto's descriptions of the other 400 are most of its weight.
SERVICES = ("dynamodb", "s3", "sesv2", "sns", "sqs", "sts")

# Distributions of requirements.txt that run. The others belong to Chalice's command line, which is not in Lambda.
RUNNING = (
    "annotated-types",
    "botocore",
    "chalice",
    "itsdangerous",
    "Jinja2",
    "jmespath",
    "MarkupSafe",
    "phonenumberslite",
    "pydantic",
    "pydantic_core",
    "pynamodb",
    "python-dateutil",
    "six",
    "typing-inspection",
    "typing_extensions",
    "tzdata",
    "urllib3",
)
BOTO = frozenset({"botocore"})

# Of Chalice only what answers requests; its own packager takes the same two files.
_CHALICE = ("chalice/__init__.py", "chalice/app.py")
_NEVER = (
    "*/__pycache__/*",
    "*.pyc",
    "*.pyi",
    "*/py.typed",
    "*.po",  # the compiled catalogue is what runs
    "*.C",
    "*.c",
    "botocore/data/*/examples-1.json*",
    "dateutil/zoneinfo/*.tar.gz",  # tzdata has the zones
    "pydantic/v1/*",
    "pydantic/mypy.py",
    "tzdata/zoneinfo/posix/*",
    "tzdata/zoneinfo/right/*",
)
_DATA_OF_ALL_SERVICES = "botocore/data/"
# What no worker needs: Chalice, the front door, and the portal's pages. Messages to guests are written by workers.
_PAGES = ("app.py", "chalice/*", "chalicelib/web/static/*", "chalicelib/*/templates/*")
_MESSAGES = ("chalicelib/outreach/templates/messages/*",)


@dataclass(frozen=True)
class Variant:
    """How much of boto goes in: `trimmed` is what is deployed, the others are measured beside it."""

    name: str
    has_boto: bool = True
    is_boto_whole: bool = False


TRIMMED = Variant("trimmed")
WHOLE = Variant("whole boto", is_boto_whole=True)
WITHOUT = Variant("without boto", has_boto=False)


def is_taken(distribution: str, path: str, variant: Variant = TRIMMED) -> bool:
    """Whether a file of a distribution runs in Lambda."""
    if distribution not in RUNNING or (distribution in BOTO and not variant.has_boto):
        return False
    if distribution == "chalice":
        return path in _CHALICE
    if distribution in BOTO and variant.is_boto_whole:
        return not _is_any(path, ("*/__pycache__/*", "*.pyc"))
    return not _is_any(path, _NEVER) and not _is_foreign_service(path)


def is_own_taken(path: str) -> bool:
    """Whether a file of the product runs in Lambda; `path` is seen from the repository."""
    return (path == "app.py" or path.startswith("chalicelib/")) and not _is_any(path, _NEVER)


def is_for_workers(path: str) -> bool:
    """Whether a file of the package is for the functions that no person waits for, too."""
    return not _is_any(path, _PAGES) or _is_any(path, _MESSAGES)


def _is_foreign_service(path: str) -> bool:
    if not path.startswith(_DATA_OF_ALL_SERVICES):
        return False
    service, slash, _ = path.removeprefix(_DATA_OF_ALL_SERVICES).partition("/")
    return bool(slash) and service not in SERVICES


def _is_any(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
