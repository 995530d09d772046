"""What the tests leave out of every call and every password: work whose result nobody on this machine looks at.

A quarter of the suite's time went into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import auth, parsers

from chalicelib.directory.service import passwords

FULL_STRENGTH = {name: getattr(passwords, name) for name in ("SCRYPT_N", "SCRYPT_P", "NOBODYS")}

# Answers in which only an item's binary attributes mean something else than their JSON says.
ITEMS = frozenset(
    f"{operation}Output"
    for operation in (
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem",
        "TransactGetItems", "TransactWriteItems",
    )
)  # fmt: skip
BINARY = (b'"B"', b'"BS"')


def take() -> None:
    """Take all of them, in this process."""
    # A password at full strength takes a fifth of a second, and hundreds are set: the same function for a thousandth.
    passwords.SCRYPT_N, passwords.SCRYPT_P = 2**4, 1
    passwords.NOBODYS = passwords.hashed("nobody's")
    _use(Scoped, Plain)


@contextmanager
def whole_library() -> Iterator[None]:
    """botocore does all of its work meanwhile; for what counts it."""
    _use(auth.SigV4Auth, parsers.JSONParser)
    try:
        yield
    finally:
        _use(Scoped, Plain)


def _use(signer: Any, parser: Any) -> None:
    auth.AUTH_TYPE_MAPS["v4"] = signer  # S3 has a signer of its own
    parsers.PROTOCOL_PARSERS["json"] = parser


class Scoped(auth.SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """Takes credentials and says whose they are as every signer does; no engine here checks the sum over a request."""

    def canonical_request(self, request: Any) -> str:
        """Nothing."""
        return ""

    def signature(self, string_to_sign: str, request: Any) -> str:
        """No sum."""
        return "0" * 64


class Plain(parsers.JSONParser):  # type: ignore[misc]
    """Reads an item as its JSON says, where botocore looks for ten kinds of value in each attribute."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if shape is not None and shape.name in ITEMS and not any(mark in raw_body for mark in BINARY):
            return json.loads(raw_body)
        return super()._handle_json_body(raw_body, shape)
