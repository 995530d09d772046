"""What the directory answers to the front door: who a caller is. Named, not imported."""

from __future__ import annotations

from chalicelib.kernel.later import Names

named = Names(__package__)

authenticate_key = named("service.access:authenticate_key")
authenticate_session = named("service.access:authenticate_session")
