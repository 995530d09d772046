"""What other rooms use of imports, and the demo: announce, upload, run, look at what became of it."""

from chalicelib.connect.kinds import STEP_KIND, UNDO_KIND
from chalicelib.connect.service.catalogue import KINDS
from chalicelib.connect.service.choosing import Choice, choose_columns, columns_of
from chalicelib.connect.service.files import ADDRESS_KEPT_S, CSV_TYPE, Address, Form
from chalicelib.connect.service.imports import (
    RUNS_NOW,
    create_import,
    get_import,
    imports_page,
    name_file,
    upload,
    upload_address_of,
    upload_form_of,
)
from chalicelib.connect.service.kinds import Kind, kind_of, register
from chalicelib.connect.service.previewing import Preview, preview_of
from chalicelib.connect.service.runs import (
    STEP_LEASE_S,
    RejectedPage,
    RunReport,
    advance_run,
    cancel_run,
    give_up,
    rejected_file,
    rejected_page,
    report_of,
    run_of,
    runs_page,
    start_run,
)
from chalicelib.connect.service.undoing import (
    Kept,
    KeptPage,
    advance_undo,
    give_up_undo,
    kept_page,
    start_undo,
    undo_of,
    why_not,
)

__all__ = [
    "ADDRESS_KEPT_S",
    "CSV_TYPE",
    "KINDS",
    "RUNS_NOW",
    "STEP_KIND",
    "STEP_LEASE_S",
    "UNDO_KIND",
    "Address",
    "Choice",
    "Form",
    "Kept",
    "KeptPage",
    "Kind",
    "Preview",
    "RejectedPage",
    "RunReport",
    "advance_run",
    "advance_undo",
    "cancel_run",
    "choose_columns",
    "columns_of",
    "create_import",
    "get_import",
    "give_up",
    "give_up_undo",
    "imports_page",
    "kept_page",
    "kind_of",
    "name_file",
    "preview_of",
    "register",
    "rejected_file",
    "rejected_page",
    "report_of",
    "run_of",
    "runs_page",
    "start_run",
    "start_undo",
    "undo_of",
    "upload",
    "upload_address_of",
    "upload_form_of",
    "why_not",
]
