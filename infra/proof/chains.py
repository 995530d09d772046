"""Chains and guests that the journeys need, made by the product's own use-cases and its own importer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import app  # noqa: F401  (registers what the agenda can do)
from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainIn, PropertyIn
from chalicelib.kernel.clock import chain_now, real_now
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.web.auth import OPERATOR_PERMISSIONS

SYSTEM = "proof"  # whose numbers the external ids are
OVER = ("done", "failed", "cancelled")
OUTCOMES = ("created", "updated", "unchanged", "rejected")


class ImportFailed(RuntimeError):
    """A run did not end well."""


@dataclass(frozen=True)
class Ground:
    """A chain with its houses."""

    chain: Any
    houses: tuple[Any, ...]

    @property
    def chain_id(self) -> str:
        """Id of the chain."""
        return str(self.chain.id)

    @property
    def hq(self) -> Scope:
        """Head office at the chain's present instant."""
        return hq_scope(self.chain_id, is_test=bool(self.chain.is_test))


def hq_scope(chain_id: str, *, is_test: bool) -> Scope:
    """Head office of a chain, now."""
    now = chain_now(chain_id, is_test=is_test)
    actor = Actor("system", "proof")
    return Scope(chain_id, actor, now, directory.PERMISSIONS, is_test=is_test, request_id="req_proof")


def break_ground(
    *, starts_at: datetime | None, zones: Iterable[str] = ("Europe/Lisbon",), country: str = "PT", **fields: Any
) -> Ground:
    """A chain with one house in each zone. Its clock starts at an instant; without one the chain is live."""
    operator = Scope("", Actor("operator", "operator"), real_now(), OPERATOR_PERMISSIONS)
    first, *others = zones
    mode = {"mode": "test", "clock_starts_at": starts_at} if starts_at is not None else {"mode": "live"}
    # The proofs' guests differ by a number only, and each is meant to be somebody of their own.
    alike = {"automatic_linking": False}
    values = {"name": "Proof Hotels", "time_zone": first, "country": country, **alike, **mode, **fields}
    chain = directory.create_chain(operator, ChainIn.model_validate(values))
    hq = hq_scope(str(chain.id), is_test=starts_at is not None)
    houses = tuple(
        directory.create_property(
            hq, PropertyIn(name=f"House {number}", time_zone=zone, country=country, currency="EUR")
        )
        for number, zone in enumerate((first, *others), start=1)
    )
    return Ground(chain, houses)


def bring_in(ground: Ground, kind: str, rows: Sequence[Mapping[str, str]], *, house: int = 0) -> dict[str, int]:
    """Import rows as a file through the real importer, in this process. Returns how many had which outcome."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    scope = ground.hq
    record = connect.create_import(
        scope,
        kind=kind,
        property_id=str(ground.houses[house].id),
        file_name=f"{kind}.csv",
        format=ImportFormat(system=SYSTEM),
    )
    connect.upload(scope, str(record.id), text.getvalue().encode())
    run = connect.start_run(scope, str(record.id), "real", is_queued=False)
    while str(run.state) not in OVER:
        connect.advance_run(scope, str(record.id), str(run.id))
        run = connect.run_of(scope, str(record.id), str(run.id))
    if run.state != "done":
        raise ImportFailed(f"{kind}: {run.state} {run.failure or ''}")
    return {name: int(getattr(run, name)) for name in OUTCOMES}
