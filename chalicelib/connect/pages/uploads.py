"""A file from somebody's machine: what it is, and the form that sends it straight to where imports are read from.

The file never passes through the product. Without scripts the form does all of it; a script says beforehand what is
too large, and tells us what the file is called, which the form cannot.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import ValidationError

from chalicelib.connect import service
from chalicelib.connect.pages.base import KIND_LABELS, LIST
from chalicelib.connect.rules import FILE_BYTES_MAX
from chalicelib.connect.schemas.imports import ImportIn, file_name_of
from chalicelib.directory import service as directory
from chalicelib.kernel import calendars
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.web.http import Response
from chalicelib.web.pages import Call, Pages, Redirect, View
from chalicelib.web.problems import invalid, said

pages = Pages("connect")
NEW = LIST + "/new"
NUMBERS_LABELS = {"property": N_("this property alone"), "chain": N_("all properties of the chain")}
SYSTEM_DEFAULT = "import"
FIELDS = {"/kind": "kind", "/property_id": "property_id", "/format/system": "system", "/format/numbers": "numbers"}


@pages.get(NEW, permission="imports:write")
def new_import_page(call: Call) -> View:
    """What the file holds, and where its rows come from."""
    return _new_view(call, {"property_id": call.parameter("property")}, {})


@pages.post(LIST, permission="imports:write")
def create_import_page(call: Call) -> View | Redirect:
    """Announce a file; its name comes with it."""
    form = call.form
    sent: dict[str, object] = {
        "kind": form.get("kind", ""),
        "property_id": form.get("property_id", ""),
        "file_name": _name_until_known(call, form.get("kind", "")),
        "format": {
            "system": form.get("system", "").strip().lower() or SYSTEM_DEFAULT,
            "numbers": form.get("numbers", "property"),
            "language": call.language,
        },
    }
    try:
        body = _read(sent)
        record = service.create_import(
            call.scope,
            kind=body.kind,
            property_id=body.property_id,
            file_name=body.file_name,
            format=ImportFormat(**body.format.model_dump()),
        )
    except Invalid as refusal:
        faults = {FIELDS.get(one.pointer, "kind"): said(one, call.language) for one in refusal.errors}
        return _new_view(call, form, faults)
    return Redirect(f"{LIST}/{record.id}/file")


@pages.get(LIST + "/{import_id}/file", permission="imports:write")
def file_page(call: Call) -> View:
    """Choose the file, or another one in its place."""
    return file_view(call)


@pages.post(LIST + "/{import_id}/file", permission="imports:write")
def name_file(call: Call) -> Response:
    """The name of the file that is about to be sent; told by a script, which has no use for a page."""
    name = call.form.get("file_name", "")
    try:
        service.name_file(call.scope, call.path_params["import_id"], file_name_of(name))
    except ValueError:
        raise Invalid.field("/file_name", N_("This must not be empty.")) from None
    return Response(204)


@pages.get(LIST + "/samples/{kind}", permission="imports:read")
def sample_file(call: Call) -> Response:
    """A small file of a kind, with the headers that the reader knows."""
    kind = service.kind_of(call.path_params["kind"])
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{kind.name}-{call.language}.csv"',
    }
    return Response(200, "\ufeff" + kind.sample(call.language), headers)


def file_view(call: Call, problem: str = "") -> View:
    """The page to choose a file on; `problem` is what is wrong with the one that has come."""
    scope, import_id = call.scope, call.path_params["import_id"]
    record = service.get_import(scope, import_id)
    if record.active_run_id:
        raise Conflict(service.RUNS_NOW)
    form = service.upload_form_of(record, f"{settings().base_url}{LIST}/{import_id}/columns")
    address = urlsplit(form.url)
    return View(
        "connect/file.html",
        {
            "record": record,
            "form": form,
            "bytes_max": FILE_BYTES_MAX,
            "problem": problem,
            "by_id": {str(house.id): house for house in directory.properties(scope)},
            "kind_labels": KIND_LABELS,
            "zone": str(directory.chain_of(scope).time_zone),
        },
        status=409 if problem else 200,
        sends_to=f"{address.scheme}://{address.netloc}",
    )


# -- inside ------------------------------------------------------------------------------------------------


def _read(sent: dict[str, object]) -> ImportIn:
    try:
        return ImportIn.model_validate(sent)
    except ValidationError as error:
        raise invalid(error) from None


def _name_until_known(call: Call, kind: str) -> str:
    """What a file is called before it is here, and for good if no script tells: `Guests 2026-03-04.csv`."""
    say = translator(call.language).gettext
    day = calendars.local_day(call.scope.now, str(directory.chain_of(call.scope).time_zone))
    return f"{say(KIND_LABELS.get(kind, KIND_LABELS['guests']))} {day.isoformat()}.csv"


def _new_view(call: Call, chosen: dict[str, str], faults: dict[str, str]) -> View:
    scope = call.scope
    return View(
        "connect/new.html",
        {
            "kinds": {name: label for name, label in KIND_LABELS.items() if _may(scope, name)},
            "houses": directory.properties(scope),
            "numbers_labels": NUMBERS_LABELS if scope.property_ids is None else {},
            "system_default": SYSTEM_DEFAULT,
            "chosen": chosen,
            "faults": faults,
        },
        status=422 if faults else 200,
    )


def _may(scope: Scope, kind: str) -> bool:
    permission = service.kind_of(kind).permission
    return permission is None or scope.may(permission)
