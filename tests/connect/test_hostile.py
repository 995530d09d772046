"""Files as nobody should send them: every run comes to an end, and every row is accounted for."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.connect import service
from chalicelib.connect.rules import Lines
from chalicelib.connect.service import scanning
from chalicelib.kernel.imports import ImportFormat, ImportRow, Staged
from chalicelib.kernel.unit import Unit
from tests.connect.fakes import COLUMNS, HEADER, World, counts

CELL = st.text(st.sampled_from("a1\",;\n\r'王明é€𠀀=\x0b\u2028"), max_size=8)

PIECES = [
    *(b"external_id,value,note\n", b"external_id;value;note\r\n", "编号,值,备注\n".encode("gb18030")),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x81", b"\xe7\x8e", b"\n", b"\0", b'"', b'""', b",,\n", b"," * 300),
    *(b"T-1,red,x\n", b"T-2,blue,y\r\n", b"T-3,green,z\r", b'T-5,"a\nb",c\n', b"T-8\n", b"a,b,c,d,e\n"),
    *(b"T-4,\0,x\n", b'T-6,"stray,x\n', b"T-7,=cmd|'/C calc'!A0,x\n", b"T-9,\xff\xff,x\n"),
    *("T-10,王小明,x\n".encode(), "T-11,王小明,x\n".encode("gb18030")),
    *(b"x" * 40_000, b'T-12,"' + b"a long line\n" * 3_000 + b'",x\n'),
]


@pytest.mark.parametrize("seed", range(2))
def test_every_file_comes_to_an_end(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(scanning, "CHUNK_BYTES", 20_000)
    chance = random.Random(seed)
    ends: set[str] = set()
    for _ in range(12):
        start = chance.choice(PIECES[:4])
        content = start + b"".join(chance.choices(PIECES, k=chance.randint(0, 40)))
        monkeypatch.setattr(scanning, "Lines", partial(Lines, block_bytes=chance.choice([100, 5_000, 4_000_000])))
        run = world.run(content, "dry_run")
        ends.add(str(run.state))
        assert run.state in ("done", "failed")
        if run.state == "done":
            assert sum(counts(run).values()) == int(run.rows_total)
            rejected = service.rejected_page(world.hq, str(run.import_id), str(run.id), limit=20_000).items
            assert len(rejected) == int(run.rejected)
            assert all(one.said("en") and one.said("zh") for one, _ in rejected)
    assert "done" in ends


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    table=st.lists(st.tuples(CELL, CELL, CELL), max_size=12),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
    delimiter=st.sampled_from([",", ";", "tab"]),
    chunk_bytes=st.integers(1, 60),
    block_bytes=st.integers(1, 60),
    group_rows=st.integers(1, 5),
)
def test_any_table_arrives_as_it_is(
    world: World,
    table: list[tuple[str, str, str]],
    encoding: str,
    delimiter: str,
    chunk_bytes: int,
    block_bytes: int,
    group_rows: int,
) -> None:
    """Through upload, scan, chunks and groups, whatever the sizes of all of them."""
    arrived: list[dict[str, str]] = []

    def stage(scope: Any, unit: Unit, rows: Sequence[ImportRow], **_: Any) -> list[Staged]:
        arrived.extend(dict(row.cells) for row in rows)
        return [Staged("unchanged")] * len(rows)

    service.register(service.Kind("things", COLUMNS, group_rows, stage))
    target = io.StringIO(newline="")
    mark = "\t" if delimiter == "tab" else delimiter
    csv.writer(target, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([HEADER, *table])
    read = list(csv.reader(io.StringIO(target.getvalue(), newline=""), delimiter=mark))[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "CHUNK_BYTES", chunk_bytes)
        patch.setattr(scanning, "PAGE_CHUNKS", 3)
        patch.setattr(scanning, "Lines", partial(Lines, block_bytes=block_bytes))
        run = world.run(target.getvalue().encode(encoding), format=ImportFormat(encoding, delimiter))
    assert (run.state, int(run.rejected), int(run.rows_total)) == ("done", 0, len(table))
    expected = [{name: cell.strip() for name, cell in zip(HEADER, row, strict=True) if cell.strip()} for row in read]
    assert arrived == expected


def test_a_field_of_ten_megabytes(world: World) -> None:
    content = b"external_id,value,note\nT-1,red,x\nT-2," + b"y" * 10_000_000 + b",x\nT-3,red,x\n"
    content += b'T-4,"' + b"a line\n" * 1_500_000 + b'",x\nT-5,red,x\n'
    run = world.run(content)
    assert counts(run) == {"created": 3, "rejected": 2}
    report = service.report_of(world.hq, str(run.import_id), str(run.id))
    assert [one.said("en") for one in report.rejected] == ["This row is longer than 32 KB."] * 2
