"""Facts that imports announce."""

IMPORT_FINISHED = "connect.import_finished"  # subject: the run; detail: import_id, property_id, kind, mode, state
