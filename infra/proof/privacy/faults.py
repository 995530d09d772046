"""Breaks AWS's door with errors that quote personal data, as libraries do when they cannot take a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kernel import aws
from infra.proof.privacy.tokens import Planted

SERVICES = ("dynamodb", "sqs", "sesv2", "sns", "s3")
LET_THROUGH = {"dynamodb": 3}  # reads that find out who asks; then it breaks in the middle of the work


def _defect(who: Planted, operation: str) -> Exception:
    error = ValueError(f"cannot take {who.values()}")
    error.__cause__ = KeyError(who.email)
    return error


def _error(who: Planted, operation: str) -> Exception:
    words = f"One or more parameter values were invalid: {who.email} {who.given_name} {who.phone}"
    return _answer("ValidationException", words, operation)


def _throttle(who: Planted, operation: str) -> Exception:
    return _answer("ThrottlingException", f"Rate exceeded for {who.email}", operation)


def _answer(code: str, words: str, operation: str) -> Exception:
    answer = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error: Exception = aws.ClientError(answer, operation)
    return error


KINDS: dict[str, Callable[[Planted, str], Exception]] = {"defect": _defect, "error": _error, "throttle": _throttle}


@contextmanager
def broken(
    kind: str, who: Planted, *, after: int | None = None, services: tuple[str, ...] = SERVICES
) -> Iterator[None]:
    """Every call of AWS fails but for the first few. Without a kind, none does."""
    if not kind:
        yield
        return
    left = {name: after if after is not None else LET_THROUGH.get(name, 0) for name in services}

    def fail(model: Any, **_: Any) -> None:
        service = str(model.service_model.service_name)
        if left.get(service, 0) > 0:
            left[service] -= 1
            return
        raise KINDS[kind](who, str(model.name))

    for service in services:
        aws.client(service).meta.events.register("before-call", fail)
    try:
        yield
    finally:
        for service in services:
            aws.client(service).meta.events.unregister("before-call", fail)
