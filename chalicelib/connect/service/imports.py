"""Imports: where a file is uploaded to, and which there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Generic, TypeVar

from chalicelib.connect import models
from chalicelib.connect.models import ImportRecord, RunRecord
from chalicelib.connect.service import files
from chalicelib.connect.service.files import Address, Form
from chalicelib.connect.service.kinds import kind_of
from chalicelib.directory import service as directory
from chalicelib.kernel import cursor
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

RUNS_NOW = N_("A run of this file is under way. Wait for it, or cancel it.")

T = TypeVar("T", ImportRecord, RunRecord)


@dataclass(frozen=True)
class Found(Generic[T]):
    """Some records and the cursor of those that follow."""

    items: list[T]
    next: str | None


def create_import(
    scope: Scope,
    *,
    kind: str,
    property_id: str,
    file_name: str,
    format: ImportFormat | None = None,
    id: str | None = None,
) -> ImportRecord:
    """Announce a file of a kind for a property. Raises NotFound for an unknown kind, Invalid for a property, Forbidden
    for a kind that needs another permission."""
    require_kind(scope, kind)
    try:
        directory.property_of(scope, property_id)
    except NotFound:
        raise Invalid.field("/property_id", N_("There is no such property."), "unknown") from None
    written = format or ImportFormat()
    if written.numbers == "chain" and scope.property_ids is not None:
        raise Invalid.field("/format/numbers", N_("Only head office imports numbers of the whole chain."), "forbidden")
    import_id = id or new_id("imp")
    record = ImportRecord(
        import_key=scope.key(import_id),
        id=import_id,
        list_key=models.list_key_of(scope, import_id),
        property_key=scope.key(property_id),
        property_id=property_id,
        kind=kind,
        file_name=file_name,
        encoding=written.encoding,
        delimiter=written.delimiter,
        language=written.language,
        system=written.system,
        numbers=written.numbers,
        object_key=f"{scope.chain_id}/imports/{import_id}/source.csv",
        created_at=sortable(scope.now),
        created_by=scope.actor.id,
    )
    unit = Unit(scope)
    unit.create(record)
    unit.audit("import.created", import_id, kind=kind, property_id=property_id)
    unit.commit()
    return record


def require_kind(scope: Scope, kind: str) -> None:
    """Raises NotFound for a kind that there is not, Forbidden for one whose files the caller may not import."""
    permission = kind_of(kind).permission
    if permission is not None:
        scope.require(permission)


def get_import(scope: Scope, import_id: str) -> ImportRecord:
    """An import. Raises NotFound, also beyond the caller's properties."""
    record = models.find_import(scope, import_id)
    if record is None or not scope.sees_property(str(record.property_id)):
        raise NotFound()
    return record


def imports_page(
    scope: Scope, *, limit: int, after: str | None = None, property_id: str | None = None
) -> Found[ImportRecord]:
    """The caller's imports, newest first; of one property if asked. `after` is a cursor."""
    wanted: Iterable[str] | None = scope.property_ids
    if property_id is not None:
        wanted = [property_id] if scope.sees_property(property_id) else []
    purpose = f"imports|{property_id or ''}"
    records = models.imports_page(scope, wanted, limit=limit + 1, before=before(scope, purpose, after))
    return page_of(scope, purpose, records, limit)


def upload_address_of(record: ImportRecord) -> Address:
    """Where the file is to be uploaded to."""
    return files.upload_address(str(record.object_key))


def upload_form_of(record: ImportRecord, back: str) -> Form:
    """How a form may send the file; the browser is led `back` once it is here."""
    return files.upload_form(str(record.object_key), back)


def name_file(scope: Scope, import_id: str, file_name: str) -> ImportRecord:
    """Say what the file is called. Raises NotFound, Conflict while a run is under way."""
    record = get_import(scope, import_id)
    if record.active_run_id:
        raise Conflict(RUNS_NOW)
    if record.file_name != file_name:
        record.file_name = file_name
        unit = Unit(scope)
        unit.update(record)
        unit.audit("import.file_named", import_id)
        unit.commit()
    return record


def upload(scope: Scope, import_id: str, content: bytes | IO[bytes]) -> None:
    """Upload a file from inside, as a browser would through the presigned address."""
    files.put(str(get_import(scope, import_id).object_key), content)


def format_of(record: ImportRecord) -> ImportFormat:
    """How the uploader says that the file is written."""
    return ImportFormat(
        str(record.encoding), str(record.delimiter), record.language, str(record.system), str(record.numbers)
    )


def before(scope: Scope, purpose: str, text: str | None) -> str | None:
    """The id that a cursor of a newest-first list stands for."""
    key = cursor.decode(scope, purpose, text)
    return str(key["id"]["S"]) if key else None


def page_of(scope: Scope, purpose: str, records: list[T], limit: int) -> Found[T]:
    """A page of records of which one more than `limit` was read, if there was one more."""
    is_more = len(records) > limit
    key = {"id": {"S": str(records[limit - 1].id)}} if is_more else None
    return Found(records[:limit], cursor.encode(scope, purpose, key))
