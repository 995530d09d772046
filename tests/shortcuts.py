"""What the tests leave out of every call and every password: work whose result nobody on this machine looks at.

A quarter of the suite's time went into it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import auth, parsers
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import NoCredentialsError
from botocore.serialize import JSONSerializer

from chalicelib.directory.service import passwords

FULL_STRENGTH = {name: getattr(passwords, name) for name in ("SCRYPT_N", "SCRYPT_P", "NOBODYS")}

# Answers in which only an item's binary attributes mean something else than their JSON says.
ITEMS = frozenset(
    f"{operation}Output"
    for operation in (
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
        "TransactGetItems", "TransactWriteItems",
    )
)  # fmt: skip
BINARY = (b'"B"', b'"BS"')

# The services that speak JSON, by botocore's name: almost all calls. The others take the long way.
SHORT = frozenset(("dynamodb", "sqs"))
# Of SQS, whose answers are texts and numbers, those that are asked for all the time.
MESSAGES = frozenset(("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"))
NOBODY = "http://127.0.0.1:1"  # where the engine's clients send to; any other address is a server's of some test


def take() -> None:
    """Take all of them, in this process."""
    # A password at full strength takes a fifth of a second, and hundreds are set: the same function for a thousandth.
    passwords.SCRYPT_N, passwords.SCRYPT_P = 2**4, 1
    passwords.NOBODYS = passwords.hashed("nobody's")
    _use(Scoped, Plain, short_call)


@contextmanager
def whole_library() -> Iterator[None]:
    """botocore does all of its work meanwhile; for what counts it."""
    _use(auth.SigV4Auth, parsers.JSONParser, _long_call)
    try:
        yield
    finally:
        _use(Scoped, Plain, short_call)


@contextmanager
def taken() -> Iterator[None]:
    """The shortcuts for a while, where botocore does all of its work."""
    before = auth.AUTH_TYPE_MAPS["v4"], parsers.PROTOCOL_PARSERS["json"], BaseClient._make_api_call
    _use(Scoped, Plain, short_call)
    try:
        yield
    finally:
        _use(*before)


_long_call = BaseClient._make_api_call


def _use(signer: Any, parser: Any, call: Any) -> None:
    auth.AUTH_TYPE_MAPS["v4"] = signer  # S3 has a signer of its own
    parsers.PROTOCOL_PARSERS["json"] = parser
    BaseClient._make_api_call = call


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


# -- a call ------------------------------------------------------------------------------------------------------------


def short_call(client: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
    """A call as botocore makes it: the same events in the same order, its retries, its errors.

    Left out is what ends the same way every time: where the request goes, which signer it takes, headers that nobody
    reads, and whether a success needs another try. tests/test_shortcuts.py compares it with the long way.
    """
    service = client._service_model
    if service.service_name not in SHORT or client.meta.endpoint_url != NOBODY:
        return _long_call(client, operation_name, api_params)
    model = service.operation_model(operation_name)
    place = f"{service.service_id.hyphenize()}.{operation_name}"
    events, config = client.meta.events, client.meta.config
    context = {
        "client_region": client.meta.region_name,
        "client_config": config,
        "has_streaming_input": False,
        "auth_type": model.resolved_auth_type,
        "unsigned_payload": model.unsigned_payload,
        "auth_options": None,
    }
    params = client._emit_api_params(api_params, model, context)
    request = _request(client, model, params, context)
    _, answered = events.emit_until_response(
        f"before-call.{place}", model=model, params=request, request_signer=client._request_signer, context=context
    )
    if answered is None:
        try:
            answered = _exchange(client, model, place, request)
        except Exception as error:
            events.emit(f"after-call-error.{place}", exception=error, context=context)
            raise
    http, parsed = answered
    events.emit(f"after-call.{place}", http_response=http, parsed=parsed, model=model, context=context)
    if http.status_code >= 300:
        code = context.get("error_code_override") or parsed.get("Error", {}).get("Code")
        raise client.exceptions.from_code(code)(parsed, operation_name)
    return parsed


def _request(client: Any, model: Any, params: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    metadata = model.metadata
    made: dict[str, Any] = {
        "url_path": "/",
        "query_string": "",
        "method": "POST",
        "headers": {
            "X-Amz-Target": f"{metadata['targetPrefix']}.{model.name}",
            "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
        },
        "url": f"{client.meta.endpoint_url}/",
        "context": context,
    }
    if type(client._serializer) is not JSONSerializer or model.name not in _ITEM_OPERATIONS:
        made["body"] = client._serializer.serialize_to_request(params, model)["body"]
    else:
        unknown = params.keys() - model.input_shape.members.keys()
        if unknown:
            raise KeyError(unknown.pop())  # as botocore does, which finds no shape for it
        made["body"] = _encode(params).encode("ascii")
    return made


_ITEM_OPERATIONS = frozenset(name.removesuffix("Output") for name in ITEMS)


def _binary(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is no value of an item")


_encode = json.JSONEncoder(default=_binary).encode


def _exchange(client: Any, model: Any, place: str, request: dict[str, Any]) -> tuple[Any, Any]:
    """Send until it is answered for good."""
    attempts = 0
    while True:
        attempts += 1
        answered, error = _send(client, model, place, request)
        if error is None and answered[0].status_code < 300:
            break
        request["context"].setdefault("retries", {})["attempt"] = attempts
        if not client._endpoint._needs_retry(attempts, model, request, answered, error):
            break
    if error is not None:
        raise error
    if "ResponseMetadata" in answered[1]:
        answered[1]["ResponseMetadata"]["RetryAttempts"] = attempts - 1
    return answered  # type: ignore[no-any-return]


def _send(client: Any, model: Any, place: str, request: dict[str, Any]) -> tuple[Any, Exception | None]:
    headers = {**request["headers"], **_signed(client._request_signer)}
    prepared = AWSPreparedRequest("POST", request["url"], headers, request["body"], False, request["context"])
    try:
        answers = client.meta.events.emit(f"before-send.{place}", request=prepared)
        http = next((answer for _, answer in answers if answer is not None), None)
        if http is None:
            http = client._endpoint._send(prepared)
    except Exception as error:  # noqa: BLE001 - as botocore does; it is raised when no try is left
        return None, error
    told = convert_to_response_dict(http, model)
    own: dict[str, Any] = {}
    client.meta.events.emit(
        f"before-parse.{place}", operation_model=model, response_dict=told, customized_response_dict=own
    )
    if http.status_code == 200 and _is_plain(model.name, told["body"]):
        return (http, {**json.loads(told["body"]), **own, "ResponseMetadata": _metadata(told["headers"])}), None
    parser = client._endpoint._response_parser_factory.create_parser(model.service_model.resolved_protocol)
    parsed = parser.parse(told, model.output_shape)
    parsed.update(own)
    if http.status_code >= 300:
        client._endpoint._add_modeled_error_fields(told, parsed, model, parser)
    return (http, parsed), None


def _is_plain(operation_name: str, body: bytes) -> bool:
    if operation_name in MESSAGES:
        return body != b"" and b"BinaryValue" not in body
    return operation_name in _ITEM_OPERATIONS and not any(mark in body for mark in BINARY)


def _metadata(headers: Any) -> dict[str, Any]:
    named = {name.lower(): value for name, value in headers.items()}
    made = {"HTTPStatusCode": 200, "HTTPHeaders": named}
    return {"RequestId": named["x-amzn-requestid"], **made} if "x-amzn-requestid" in named else made


def _signed(signer: Any) -> dict[str, str]:
    """Whose request it is. The credentials are asked for each time: that is where the product's walls stand."""
    credentials = signer._credentials.get_frozen_credentials() if signer._credentials is not None else None
    if credentials is None:
        raise NoCredentialsError
    scope = f"{credentials.access_key}/20260101/{signer.region_name}/{signer.signing_name}/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=, Signature=0"}
    return {**signed, "X-Amz-Security-Token": credentials.token} if credentials.token else signed
