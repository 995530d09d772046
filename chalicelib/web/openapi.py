"""Prints the declared endpoints as OpenAPI 3.1. What is served and committed is what runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.kernel.errors import Refusal
from chalicelib.web.endpoints import Api, Endpoint
from chalicelib.web.problems import PROBLEM

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
_ALWAYS = {"key": (400, 401, 403, 404, 429), "operator": (400, 401, 403, 404), "public": (400, 404)}


def document(apis: Iterable[Api]) -> dict[str, Any]:
    """The whole document as plain data."""
    endpoints = sorted((one for api in apis for one in api.endpoints), key=lambda one: (one.path, one.method))
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hospes",
            "version": VERSION,
            "summary": "Guest relations for hotel chains",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({one.context for one in endpoints})],
        "paths": paths,
        "components": {
            "schemas": _schemas(endpoints),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the chain."},
                "operator": {"type": "http", "scheme": "bearer", "description": "The installation's operator key."},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.context],
        "summary": endpoint.summary,
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.caller != "public":
        operation["security"] = [{endpoint.caller: []}]
    if endpoint.permission:
        operation["x-permission"] = endpoint.permission
    parameters = _parameters(endpoint)
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": _content(endpoint.body)}}
    operation["responses"] = _responses(endpoint)
    return operation


def _content(model: type[BaseModel]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": REF.format(model=model.__name__)}}
    extra = model.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    if isinstance(examples, list) and examples:
        content["example"] = examples[0]
    return content


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in endpoint.path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            one: dict[str, Any] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            if name in endpoint.path_examples:
                one["example"] = endpoint.path_examples[name]
            found.append(one)
    if endpoint.query is not None:
        schema = endpoint.query.model_json_schema(ref_template=REF)
        for name, shape in schema.get("properties", {}).items():
            found.append(
                {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": shape}
            )
    if endpoint.needs_match:
        found.append(_header("If-Match", 'The ETag you read, such as "v3".', is_required=True))
    if endpoint.method == "POST" and endpoint.caller != "public":
        text = "Makes a repetition harmless: the same key gives the same answer."
        found.append(_header("Idempotency-Key", text, is_required=endpoint.needs_idempotency_key))
    return found


def _header(name: str, text: str, *, is_required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": is_required,
        "description": text,
        "schema": {"type": "string", "maxLength": 255},
    }


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    ok: dict[str, Any] = {"description": "Done."}
    if endpoint.answers is not None:
        shape: dict[str, Any] = {"$ref": REF.format(model=endpoint.answers.__name__)}
        if endpoint.is_list:
            shape = {
                "type": "object",
                "required": ["data", "next", "has_more"],
                "properties": {
                    "data": {"type": "array", "items": shape},
                    "next": {"type": ["string", "null"]},
                    "has_more": {"type": "boolean"},
                },
            }
        ok["content"] = {"application/json": {"schema": shape}}
    responses: dict[str, Any] = {str(endpoint.status): ok}
    if endpoint.method == "PUT" and endpoint.status == 200:
        responses["201"] = {**ok, "description": "Created."}
    if endpoint.method == "POST" and endpoint.status == 201:
        responses["200"] = {**ok, "description": "It was there already."}
    refusals = {*_ALWAYS[endpoint.caller], *endpoint.refusals}
    if endpoint.body is not None or endpoint.query is not None:
        refusals |= {422}
    if endpoint.body is not None:
        refusals |= {413, 415}
    if endpoint.method in ("POST", "PUT", "PATCH", "DELETE"):
        refusals |= {409}
    if endpoint.needs_match:
        refusals |= {412, 428}
    for status in sorted(refusals):
        responses[str(status)] = {
            "description": _title(status),
            "content": {PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}},
        }
    return responses


def _title(status: int) -> str:
    kinds: tuple[type[Refusal], ...] = (Refusal, *Refusal.__subclasses__())
    for cls in kinds:
        if cls.status == status:
            return cls.title
    return "Refused"


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    wanted = {model for one in endpoints for model in (one.body, one.answers) if model is not None}
    named: dict[str, type[BaseModel]] = {}
    for model in wanted:
        if named.setdefault(model.__name__, model) is not model:
            raise ValueError(f"two schemas are called {model.__name__}")
    ordered = [named[name] for name in sorted(named)]
    _, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    schemas = dict(definitions.get("$defs", {}))
    schemas["Problem"] = _PROBLEM
    return dict(sorted(schemas.items()))


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The request id."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "code"],
                "properties": {
                    "pointer": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
