"""Names of connect's work on the agenda. The functions are declared in `jobs`."""

STEP_KIND = "connect.import_step"  # subject: the run
UNDO_KIND = "connect.undo_step"  # subject: the undoing
