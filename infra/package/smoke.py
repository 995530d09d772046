"""Asks a deployed installation the few questions that tell whether it lives: health, storage, and whose 404 it is."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

TRIES_MAX = 10  # a new function, a new stage: the first answers may come from nowhere
PAUSE_S = 3.0
TIMEOUT_S = 30.0  # API Gateway gives up after 29


class SmokeFailed(RuntimeError):
    """The installation does not answer as it should."""


@dataclass(frozen=True)
class Question:
    """One request and what must come back."""

    path: str
    status: int
    holds: str  # a member of the answer
    is_signed: bool = False


QUESTIONS = (
    Question("/healthz", 200, "status"),
    Question("/v1/chains?limit=1", 200, "data", is_signed=True),  # reads a table with the operator's key
    Question("/v1/chains?limit=1", 401, "type"),
    Question("/no-such-address", 404, "instance"),  # the product's own 404, not the gateway's
)


def check(base_url: str, operator_key: str, *, tries: int = TRIES_MAX, pause_s: float = PAUSE_S) -> None:
    """Ask everything. Raises SmokeFailed with the first question that is not answered as it should be."""
    for question in QUESTIONS:
        told = ""
        for attempt in range(tries):
            if attempt:
                time.sleep(pause_s)
            told = _asked(base_url, operator_key, question)
            if not told:
                break
        if told:
            raise SmokeFailed(f"GET {question.path}: {told}")


def _asked(base_url: str, operator_key: str, question: Question) -> str:
    """What is wrong with the answer; empty if nothing is."""
    headers = {"Accept": "application/json"}
    if question.is_signed:
        headers["Authorization"] = f"Bearer {operator_key}"
    request = urllib.request.Request(base_url.rstrip("/") + question.path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
        error.close()
    except OSError as error:
        return f"no answer: {type(error).__name__}"
    if status != question.status:
        return f"{status} instead of {question.status}"
    found: Any = None
    try:
        found = json.loads(body)
    except ValueError:
        return "the answer is no JSON"
    return "" if isinstance(found, dict) and question.holds in found else f"the answer has no `{question.holds}`"
