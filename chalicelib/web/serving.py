"""Turns a declared endpoint into a route handler: who is it, may it, read, call, shape."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from chalicelib.kernel import logs
from chalicelib.kernel.errors import Conflict, Malformed, PreconditionRequired, Refusal
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.languages import best_language
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.tenancy import OPERATOR, through
from chalicelib.web import replay
from chalicelib.web.auth import Authenticators, bearer, operator_scope, public_scope
from chalicelib.web.endpoints import Answer, Endpoint, Listing
from chalicelib.web.http import Request, Response
from chalicelib.web.problems import invalid, problem
from chalicelib.web.routing import Handler

LANGUAGES = ("en", "zh")
JSON = "application/json"
_TAG = re.compile(r'(?:W/)?"v([0-9]{1,11})"')


def serve(endpoint: Endpoint, authenticators: Authenticators) -> Handler:
    """The route handler of `endpoint`. It answers every refusal as a problem."""

    def handle(request: Request) -> Response:
        language = language_of(request)
        try:
            scope = _scope(endpoint, authenticators, request, language)
            logs.bind(**logs.known_of(scope))
            if endpoint.caller == "operator":
                with through(OPERATOR):
                    return _answered(endpoint, scope, request)
            return _answered(endpoint, scope, request)
        except Refusal as refusal:
            return problem(refusal, instance=request.id, language=language)

    return handle


def language_of(request: Request) -> str:
    """The language the caller reads best: the first of Accept-Language that the product speaks."""
    wanted = request.headers.get("accept-language", "en").split(",")[0].split(";")[0].strip()
    try:
        return best_language(wanted, LANGUAGES, "en")
    except ValueError:
        return "en"


def _scope(endpoint: Endpoint, authenticators: Authenticators, request: Request, language: str) -> Scope:
    if endpoint.caller == "public":
        return public_scope(request)
    if endpoint.caller == "operator":
        scope = operator_scope(request)
    else:
        scope = replace(authenticators.by_key(bearer(request), request.id), language=language)
    if endpoint.permission is not None:
        scope.require(endpoint.permission)
    return scope


def _answered(endpoint: Endpoint, scope: Scope, request: Request) -> Response:
    guard = None
    if endpoint.method == "POST" and endpoint.caller != "public":
        guard = replay.guard_of(request, is_required=endpoint.needs_idempotency_key)
    if guard is None:
        return _called(endpoint, scope, request)
    earlier = replay.earlier_answer(scope, guard)
    if earlier is not None:
        return earlier
    try:
        response = _called(endpoint, replace(scope, idempotency=guard), request)
    except Conflict:
        # Its twin may have been faster, and then this was decided on a state in which the effect had happened already.
        twin = None if guard.is_written else replay.lost_race(scope, guard)
        if twin is None:
            raise
        return twin
    if not guard.is_written and endpoint.may_write:
        response = replay.claim_late(scope, guard) or response
    if not response.is_secret:
        replay.keep_answer(scope, guard, response)
    return response


def _called(endpoint: Endpoint, scope: Scope, request: Request) -> Response:
    arguments: dict[str, Any] = dict(request.path_params)
    if endpoint.query is not None or request.query:
        arguments |= _query(endpoint, request)
    if endpoint.body is not None:
        arguments["body"] = _body(endpoint.body, request)
    if endpoint.needs_match:
        arguments["expected_version"] = expected_version(request)
    return _shaped(endpoint, endpoint.handler(scope, **arguments))


def _body(schema: type[BaseModel], request: Request) -> BaseModel:
    request.json_body()  # refuses what a lenient parser would let through
    try:
        return schema.model_validate_json(request.body.lstrip(b"\xef\xbb\xbf"), strict=True)
    except ValidationError as error:
        raise invalid(error) from None


def _query(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    schema = endpoint.query
    repeated = [name for name, values in request.query.items() if len(values) > 1]
    if repeated:
        raise Malformed(N_("A parameter is given twice."))
    values = {name: found[0] for name, found in request.query.items()}
    if schema is None:
        raise Malformed(N_("This address takes no parameters."))
    try:
        return {"query": schema.model_validate(values)}
    except ValidationError as error:
        raise invalid(error, prefix="?") from None


def expected_version(request: Request) -> int:
    """The version in If-Match (`"v3"`). Raises PreconditionRequired or Malformed."""
    tag = request.headers.get("if-match")
    if tag is None:
        raise PreconditionRequired()
    found = _TAG.fullmatch(tag.strip())
    if found is None:
        raise Malformed(N_('If-Match has the form "v3", as in the ETag.'))
    return int(found[1])


def _shaped(endpoint: Endpoint, result: Any) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or endpoint.status
    headers = {"Cache-Control": "no-store", **answer.headers}
    if answer.location:
        headers["Location"] = answer.location
    body = answer.body
    if body is None:
        return Response(204 if answer.status is None and status != 202 else status, "", headers)
    headers.setdefault("Content-Type", JSON)
    if isinstance(body, Listing):
        rows = ",".join(_json(item) for item in body.items)
        end = json.dumps({"next": body.next, "has_more": body.next is not None})[1:]
        return Response(status, f'{{"data": [{rows}], {end}', headers)
    version = getattr(body, "version", None)
    if isinstance(version, int):
        headers["ETag"] = f'"v{version}"'
    return Response(status, _json(body), headers, is_secret=answer.is_secret)


def _json(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    return json.dumps(value, ensure_ascii=False)


