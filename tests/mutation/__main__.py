"""Goes through the guards and prints which removals a test noticed. Ends with 1 unless all were.

python -m tests.mutation [--only ID]… [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.mutation.guards import guards
from tests.mutation.trying import Verdict, try_all


def main() -> int:
    """Try what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", action="append", metavar="ID", help="try this guard; may be given several times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts there as well")
    asked = parser.parse_args()
    wanted = [guard for guard in guards() if not asked.only or guard.id in asked.only]
    unknown = set(asked.only or ()) - {guard.id for guard in wanted}
    if unknown:
        parser.error(f"no such guard: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    verdicts = []
    for verdict in try_all(wanted):
        verdicts.append(verdict)
        print(f"{verdict.outcome:9} {verdict.guard.id:32} {verdict.detail}", flush=True)
    caught = sum(verdict.is_caught for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} guards caught in {time.monotonic() - started:.0f} s")
    if asked.json:
        asked.json.write_text(json.dumps([_row(verdict) for verdict in verdicts]), encoding="utf-8")
    return 0 if caught == len(verdicts) else 1


def _row(verdict: Verdict) -> dict[str, str]:
    return {"id": verdict.guard.id, "outcome": verdict.outcome, "detail": verdict.detail}


if __name__ == "__main__":
    sys.exit(main())
