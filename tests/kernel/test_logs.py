"""Log lines: what they carry, what they cannot carry, and that nothing is carried over to the next."""

from __future__ import annotations

import ast
import io
import json
import logging
import os
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kernel import logs
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.ids import new_id
from tests.builders import make_chain, make_key
from tests.client import Client
from tests.lines import caught

ROOT = Path(__file__).parents[2]
GUEST, CHAIN, REQUEST, STAFF = new_id("gst"), new_id("chn"), new_id("req"), new_id("stf")

log = logs.Log("chalicelib.tests")


class TestALine:
    def test_is_one_json_object_with_who_and_where(self) -> None:
        with caught() as lines, logs.bound(function="api", chain=CHAIN, request=REQUEST):
            logs.bind(actor_kind="staff", actor=STAFF)
            log.info("guest_seen", guest=GUEST, count=3, ms=1.23456, is_test=True, channel="email")
        (text,) = lines.texts
        assert "\n" not in text
        line = json.loads(text)
        assert line.pop("at").endswith("Z")
        assert line == {
            "level": "info", "event": "guest_seen", "service": "hospes", "stage": "test", "function": "api",
            "chain": CHAIN, "actor": "staff", "actor_id": STAFF, "request": REQUEST,
            "guest": GUEST, "count": 3, "ms": 1.235, "is_test": True, "channel": "email",
        }  # fmt: skip
        assert len(text) < 420

    def test_has_the_trace_that_lambda_gives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
        with caught() as lines:
            log.info("traced")
        assert lines.only("traced")["trace"].startswith("Root=1-5759e988")

    def test_leaves_out_what_is_none(self) -> None:
        with caught() as lines:
            log.info("nothing_known", guest=None, lag_s=None)
        assert not {"guest", "lag_s"} & set(lines.only("nothing_known"))

    def test_of_an_error_has_kinds_and_places_and_no_words(self) -> None:
        def fail() -> None:
            raise ValueError("cannot take ana@example.com") from KeyError("Silva")

        with caught() as lines:
            try:
                fail()
            except ValueError as error:
                log.error("it_failed", error)
        line = lines.only("it_failed")
        assert line["cause"] == "ValueError"
        assert line["trace_of"][0] == "ValueError" and "KeyError" in line["trace_of"]
        assert any(place.endswith("in fail") for place in line["trace_of"])
        assert "ana@" not in lines.texts[0] and "Silva" not in lines.texts[0]


PERSONAL: list[Any] = [
    "Silva", "ana", "ana.silva", "Ana Silva", "ana@example.com", "+351 912 345 678", "351912345678", "王小明",
    "1988-03-10", "Rua Augusta 1", "passport P1234567", "gst_short", "", "a" * 5000, "line\nbreak",
    13_800_138_000, 351_912_345_678, float("nan"), float("inf"),
    date(1988, 3, 10), {"email": "ana@example.com"}, ["ana@example.com"], b"ana", object(), KeyError("Silva"),
]  # fmt: skip


class TestWhatCannotBeWritten:
    @pytest.mark.parametrize("name", sorted(logs.FIELDS))
    def test_nothing_personal_in_any_field(self, name: str) -> None:
        with caught() as lines:
            for value in PERSONAL:
                log.info("careless", **{name: value})
        for line, value in zip(lines.of("careless"), PERSONAL, strict=True):
            assert line[name] == f"<{type(value).__name__}>", (name, value)

    def test_nothing_under_a_name_that_is_not_declared(self) -> None:
        with caught() as lines:
            log.info("careless", email="ana@example.com", phone=912345678, vip=True, who=GUEST)  # type: ignore[arg-type]
        line = lines.only("careless")
        assert (line["email"], line["phone"], line["vip"], line["who"]) == ("<str>", "<int>", "<bool>", "<str>")

    def test_nothing_in_the_context(self) -> None:
        with caught() as lines, logs.bound(chain="Harbour Hotels", actor_kind="Ana", actor="Silva", request="r 1"):
            log.info("careless")
        line = lines.only("careless")
        assert (line["chain"], line["actor"], line["request"]) == ("<str>", "<str>", "<str>")
        assert "Silva" not in lines.texts[0]

    def test_no_sentence_as_an_event(self) -> None:
        with caught() as lines:
            log.info("guest Ana Silva came")
        assert lines.only("other")

    def test_a_kind_of_error_is_told_and_an_error_of_aws(self) -> None:
        with caught() as lines:
            log.info("causes", cause=Stale, code="ProvisionedThroughputExceededException")
            log.info("causes", cause=ValueError, code="MessageRejected")
        assert [(line["cause"], line["code"]) for line in lines.of("causes")] == [
            ("Stale", "ProvisionedThroughputExceededException"),
            ("ValueError", "MessageRejected"),
        ]


class TestContext:
    def test_ends_with_its_block_also_what_was_learnt_inside(self) -> None:
        with logs.bound(function="api", request=REQUEST):
            logs.bind(chain=CHAIN)
            with logs.bound(chain=new_id("chn"), actor_kind="system", actor="system"):
                assert logs.current().actor_kind == "system"
            assert (logs.current().chain, logs.current().actor_kind) == (CHAIN, "")
        assert logs.current() == logs.Context()

    def test_ends_when_the_block_fails(self) -> None:
        with pytest.raises(ValueError), logs.bound(chain=CHAIN):
            logs.bind(actor_kind="staff")
            raise ValueError
        assert logs.current() == logs.Context()

    def test_is_each_threads_own(self) -> None:
        chains = [new_id("chn") for _ in range(8)]
        gate, wrong = threading.Barrier(len(chains)), []

        def serve(chain: str) -> None:
            for _ in range(50):
                with logs.bound(request=REQUEST):
                    logs.bind(chain=chain)
                    gate.wait()
                    if logs.current().chain != chain:
                        wrong.append(chain)
                if logs.current() != logs.Context():
                    wrong.append("left over")

        threads = [threading.Thread(target=serve, args=(chain,)) for chain in chains]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert wrong == []


class TestRequests:
    def test_one_line_with_the_pattern_and_the_caller(self) -> None:
        chain, hq = make_chain()
        client = Client(make_key(hq))
        with caught() as lines:
            reply = client.get(f"/v1/guests/{GUEST}")
        line = lines.only("request")
        assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/guests/{guest_id}", 404)
        assert (line["chain"], line["actor"], line["function"]) == (chain.id, "key", "api")
        assert (line["request"], line["refusal"]) == (reply.headers["request-id"], "not_found")
        assert line["ms"] > 0
        assert GUEST not in lines.texts[0], "the path, not the pattern"

    def test_the_next_request_knows_nothing_of_the_one_before(self) -> None:
        _, hq = make_chain()
        with caught() as lines:
            Client(make_key(hq)).get("/v1/guests")
            Client().get("/healthz")
            Client("nonsense").get("/v1/guests")
        _, public, refused = lines.of("request")
        assert "chain" not in public and public["actor"] == "public"
        assert not {"chain", "actor"} & set(refused) and refused["status"] == 401

    @pytest.mark.parametrize(
        ("method", "target", "route", "status", "refusal"),
        [
            ("GET", "/nowhere/ana@example.com", "/{proxy+}", 404, "not_found"),
            ("DELETE", "/v1/guests", "/v1/guests", 405, "method_not_allowed"),
            ("GET", "/portal/guests", "/portal/guests", 303, None),
        ],
    )
    def test_also_of_what_no_handler_answers(
        self, method: str, target: str, route: str, status: int, refusal: str | None
    ) -> None:
        with caught() as lines:
            Client().ask(method, target)
        line = lines.only("request")
        assert (line["route"], line["status"], line.get("refusal")) == (route, status, refusal)
        assert "ana@" not in "".join(lines.texts)

    def test_also_of_what_the_framework_refuses(self) -> None:
        with caught() as lines:
            Client().ask("POST", "/v1/guests", raw=b"x", content_type="image/gif")
        line = lines.only("request")
        assert (line["status"], line["route"], line["refusal"]) == (415, "/v1/guests", "unsupported_media_type")


class TestTheProcess:
    def test_of_a_library_only_that_it_said_something(self) -> None:
        record = logging.LogRecord("botocore.x", logging.WARNING, "f", 1, "sent to %s", ("ana@example.com",), None)
        line = json.loads(logs.Formatter().format(record))
        assert (line["event"], line["logger"], line["level"]) == ("library", "botocore.x", "warning")
        assert "ana@" not in json.dumps(line) and "message" not in line

    def test_of_a_librarys_error_kinds_and_places(self) -> None:
        try:
            raise ValueError("ana@example.com")
        except ValueError:
            record = logging.LogRecord("chalice", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
        text = logs.Formatter().format(record)
        assert json.loads(text)["trace_of"][0] == "ValueError" and "ana@" not in text

    def test_the_local_stack_may_speak(self) -> None:
        record = logging.LogRecord("runner", logging.INFO, "f", 1, "working %d queues", (4,), None)
        assert json.loads(logs.Formatter().format(record))["message"] == "working 4 queues"

    def test_install_writes_ours_from_info_and_others_from_warning_once(self) -> None:
        root = logging.getLogger()
        names = ("chalicelib", "gateway", "runner", "engine", "service", "server", "journal")
        kept = list(root.handlers), root.level, {name: logging.getLogger(name).level for name in names}
        stream = io.StringIO()
        try:
            root.handlers[:] = [logging.StreamHandler(io.StringIO())]  # as Lambda brings one
            logs.install(stream)
            log.info("ours")
            logging.getLogger("botocore").info("theirs")
            logging.getLogger("botocore").warning("theirs")
        finally:
            root.handlers[:], root.level = kept[0], kept[1]
            for name, level in kept[2].items():
                logging.getLogger(name).setLevel(level)
        lines = [json.loads(text) for text in stream.getvalue().splitlines()]
        assert [(line["event"], line["level"]) for line in lines] == [("ours", "info"), ("library", "warning")]

    def test_in_lambda_it_is_installed_by_itself_instead_of_what_lambda_brings(self) -> None:
        code = (
            "import logging, sys; logging.basicConfig(format='LAMBDA %(message)s', stream=sys.stdout); "
            "from chalicelib.kernel import logs; logs.Log('chalicelib.x').info('started', count=1); "
            "logging.getLogger('botocore').warning('ana@example.com')"
        )
        told = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "hospes-prod-api", "HOSPES_STAGE": "prod"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=told, capture_output=True, text=True, check=True
        )
        ours, theirs = [json.loads(text) for text in done.stdout.splitlines()]
        assert (ours["event"], ours["stage"], ours["count"]) == ("started", "prod", 1)
        assert theirs["event"] == "library" and "ana@" not in done.stdout + done.stderr

    def test_costs_no_module_that_is_not_there_anyway(self) -> None:
        """A count instead of a time: beside our own, boto3 has loaded all that is needed."""
        code = (
            "import sys, boto3; before = set(sys.modules); import chalicelib.kernel.logs; "
            "print(sorted(set(sys.modules) - before))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert ast.literal_eval(done.stdout) == [
            "chalicelib",
            "chalicelib.kernel",
            "chalicelib.kernel.deferred",
            "chalicelib.kernel.logs",
            "chalicelib.kernel.settings",
            "chalicelib.kernel.traces",
            "gc",
        ]


def _calls() -> list[tuple[Path, ast.Call]]:
    found = []
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            function = node.func if isinstance(node, ast.Call) else None
            if (
                isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Name)
                and function.value.id == "log"
            ):
                found.append((path.relative_to(ROOT), node))
    return found


class TestEveryLineInTheCode:
    def test_names_an_event_and_declared_fields(self) -> None:
        calls = _calls()
        assert len(calls) > 20
        for path, call in calls:
            names = [one.value for one in ast.walk(call.args[0]) if isinstance(one, ast.Constant)]
            assert names and all(isinstance(one, str) and logs._EVENT.fullmatch(one) for one in names), (path, names)
            unknown = {keyword.arg for keyword in call.keywords if keyword.arg} - set(logs.FIELDS)
            assert not unknown, (path, unknown)

    def test_goes_through_the_one_module(self) -> None:
        own = {Path("chalicelib/kernel/logs.py"), Path("chalicelib/kernel/metrics.py")}
        for path in sorted((ROOT / "chalicelib").rglob("*.py")):
            if path.relative_to(ROOT) not in own:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
                assert "logging" not in names, path
