"""Watches every call for chains' data in all tests, and judges it by the policies as AWS would.

Inside a chain the tenant policy decides, in a passage the policy of the function that takes it. A test's own hand
stands nowhere; what the product does for it with a scope is judged as that scope's chain would be. A breach fails the
test even where the product catches the error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.kernel import tenancy
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.tenancy import Passage, Standing
from infra import policies
from tests.walls import requests
from tests.walls.evaluator import Ask, Statement, decide
from tests.walls.requests import ARNS, LEADING_KEYS

JUDGED = ("dynamodb", "s3")
DOORS = frozenset({"chalicelib.workers", "chalicelib.web.application"})
# What makes the stack, and is never done by the product.
NOT_JUDGED = frozenset(
    {"CreateTable", "DescribeTable", "ListTables", "UpdateTimeToLive", "DescribeTimeToLive"}
    | {"CreateBucket", "ListBuckets"}
)


class Breach(AssertionError):
    """A call that AWS would have refused."""


@dataclass(frozen=True)
class Seen:
    """One kind of call that was made: by whom, what, on what."""

    who: str  # "chain", or the name of a passage
    action: str
    resource: str


@dataclass
class Judge:
    """What was seen, and what should not have happened."""

    breaches: list[str] = field(default_factory=list)
    seen: set[Seen] = field(default_factory=set)
    known: dict[tuple[str, str, str, frozenset[str]], str] = field(default_factory=dict)

    def watch(self, emitter: Any) -> None:
        """Look at every call of the clients that are made with this emitter from now on."""
        for service in JUDGED:
            emitter.register(f"provide-client-params.{service}.*", self.on_call)

    def on_call(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Judge one call before it leaves. Raises Breach."""
        service, operation = str(model.service_model.service_name), str(model.name)
        if operation in NOT_JUDGED or (service == "dynamodb" and not tables_of(params) <= our_tables()):
            return
        here = tenancy.standing() or hand()
        if here is None:
            return
        for ask in requests.asks_of(service, operation, params, hashes()):
            self.judge(here, ask)

    def judge(self, here: Standing, ask: Ask) -> None:
        """Judge one question to IAM. Raises Breach."""
        who = here.passage.name if here.passage is not None else "chain" if here.chain_id else "nobody"
        keys = frozenset(_kind_of(key, here.chain_id) for key in ask.context.get(LEADING_KEYS, ()))
        resource = ask.resource if not ask.resource.startswith("arn:aws:s3") else _kind_of_object(ask.resource, here)
        place = who, ask.action, resource, keys
        if place not in self.known:
            self.known[place] = _verdict(here, ask)
        self.seen.add(Seen(who, ask.action, resource.split(":", 5)[5]))
        if self.known[place] != "allowed":
            breach = f"{who} {here.chain_id}: {ask.action} {ask.resource} {sorted(keys)} is {self.known[place]}"
            self.breaches.append(breach)
            raise Breach(breach)


JUDGE = Judge()


@contextmanager
def recording() -> Iterator[set[Seen]]:
    """What is called meanwhile."""
    before, JUDGE.seen = JUDGE.seen, set()
    try:
        yield JUDGE.seen
    finally:
        JUDGE.seen = before | JUDGE.seen


def hand() -> Standing | None:
    """Where a call stands that came through no door: in the chain of the scope that it was given, if any.

    Raises Breach if it did come through a door, which then does not say so.
    """
    found: Standing | None = None
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name in DOORS:
            JUDGE.breaches.append(f"{name} is no door")
            raise Breach(JUDGE.breaches[-1])
        code = frame.f_code
        if name.startswith("chalicelib.") and "scope" in code.co_varnames[: code.co_argcount]:
            scope = frame.f_locals.get("scope")
            if isinstance(scope, Scope) and scope.chain_id:
                found = Standing(scope.chain_id)
        frame = frame.f_back
    return found


def _verdict(here: Standing, ask: Ask) -> str:
    if here.chain_id:
        return decide(tenant_statements(), in_session(ask, here.chain_id, here.passage))
    if here.passage is None or here.passage.kind is None:
        return "nobody's"
    return decide(policies.function_policy(here.passage.kind, ARNS).statements, ask)


def in_session(ask: Ask, chain_id: str, passage: Passage | None = None) -> Ask:
    """A question as a session of the tenant role asks it."""
    tags = {f"aws:PrincipalTag/{policies.CHAIN_TAG}": (chain_id,)}
    if passage is not None:
        tags[f"aws:PrincipalTag/{policies.PASSAGE_TAG}"] = (passage.name,)
    return Ask(ask.action, ask.resource, {**ask.context, **tags})


def tables_of(params: dict[str, Any]) -> set[str]:
    """The tables that a call of DynamoDB names."""
    if "TableName" in params:
        return {str(params["TableName"])}
    bodies = [next(iter(one.values())) for one in params.get("TransactItems", ())]
    return {*params.get("RequestItems", ()), *(str(body["TableName"]) for body in bodies)}


@cache
def tenant_statements() -> list[Statement]:
    """The tenant policy with text for resources."""
    return list(policies.tenant_policy(ARNS).statements)


@cache
def hashes() -> requests.Hashes:
    """The partition attribute of every table and index."""
    return requests.hash_names()


@cache
def our_tables() -> frozenset[str]:
    """The product's tables, not those of some test."""
    return frozenset(name for name, index in hashes() if index is None)


def _kind_of(key: str, chain_id: str) -> str:
    """What a leading key is to a policy: two keys of one kind are judged alike."""
    if chain_id:
        if key == chain_id:
            return "chain"
        if key.startswith(f"{chain_id}#"):
            return "chain#…"
        if key in (f"test#{chain_id}", f"dead#{chain_id}"):
            return f"{key[:4]}#chain"
    return f"{key.split('#', 1)[0]}#…" if "#" in key and not key.startswith(("chn_", "#")) else key


def _kind_of_object(resource: str, here: Standing) -> str:
    bucket, _, key = resource.partition("/")
    for prefix in (f"{here.chain_id}/", f"recorder/{here.chain_id}/"):
        if here.chain_id and key.startswith(prefix):
            return f"{bucket}/{prefix.replace(here.chain_id, policies.CHAIN)}*"
    return resource
