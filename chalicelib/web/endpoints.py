"""How a context declares its REST endpoints. The declaration is what runs, is printed as OpenAPI and is tested.

A handler is called as `handler(scope, **path_parameters, body=…, query=…, expected_version=…)`, each only if declared,
and answers with a schema, a `Listing`, an `Answer`, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.kernel.deferred import dataclass

PAGE_DEFAULT = 25
PAGE_MAX = 100


class Schema(BaseModel):
    """Base of everything that crosses the wire: unknown fields are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", defer_build=True, str_strip_whitespace=True, ser_json_timedelta="iso8601")


class PageQuery(Schema):
    """Parameters of every list."""

    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=PAGE_MAX, description="How many at most.")
    cursor: str | None = Field(default=None, max_length=2000, description="`next` of the page before.")


@dataclass(frozen=True)
class Listing:
    """A page of schemas and the cursor of the next one."""

    items: list[Any]
    next: str | None = None


@dataclass(frozen=True)
class Answer:
    """An answer with another status than declared, a location, extra headers, or a secret that is shown once."""

    body: Any = None
    status: int | None = None
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_secret: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One declared operation."""

    method: str
    path: str
    handler: Callable[..., Any]
    context: str
    permission: str | None
    caller: str  # key | operator | public
    status: int
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answers: type[BaseModel] | None
    is_list: bool
    needs_match: bool
    needs_idempotency_key: bool
    refusals: tuple[int, ...]
    path_examples: dict[str, str]

    @property
    def operation_id(self) -> str:
        """The handler's name, unique over the product."""
        return self.handler.__name__

    @property
    def may_write(self) -> bool:
        """Whether its callers are allowed more than to read."""
        return self.permission is not None and not self.permission.endswith(":read")

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (self.handler.__doc__ or self.operation_id).strip().splitlines()[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of the handler's docstring."""
        lines = (self.handler.__doc__ or "").strip().splitlines()[1:]
        return " ".join(line.strip() for line in lines if line.strip())


class Api:
    """The endpoints of one context: `api = Api("guests")`, then `@api.get(...)` above each handler."""

    def __init__(self, context: str) -> None:
        self.context = context
        self.endpoints: list[Endpoint] = []

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        permission: str | None = None,
        caller: str = "key",
        status: int = 200,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        answers: type[BaseModel] | None = None,
        is_list: bool = False,
        needs_match: bool = False,
        needs_idempotency_key: bool = False,
        refusals: tuple[int, ...] = (),
        path_examples: dict[str, str] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare one operation."""
        if caller == "key" and permission is None:
            raise ValueError(f"{method} {path} names no permission")

        def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
            self.endpoints.append(
                Endpoint(
                    method, path, handler, self.context, permission, caller, status, body, query, answers, is_list,
                    needs_match, needs_idempotency_key, refusals, path_examples or {},
                )
            )  # fmt: skip
            return handler

        return declare

    def get(self, path: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a GET."""
        return self.endpoint("GET", path, **declaration)

    def post(self, path: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a POST; answers 201 unless said otherwise."""
        return self.endpoint("POST", path, **{"status": 201, **declaration})

    def put(self, path: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a PUT."""
        return self.endpoint("PUT", path, **declaration)

    def patch(self, path: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a PATCH; it needs If-Match."""
        return self.endpoint("PATCH", path, **{"needs_match": True, **declaration})

    def delete(self, path: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a DELETE; it needs If-Match and answers 204 unless said otherwise."""
        return self.endpoint("DELETE", path, **{"needs_match": True, "status": 204, **declaration})


_ALL: list[Callable[[], Iterable[Api]]] = []


def know_all(apis: Callable[[], Iterable[Api]]) -> None:
    """Say who knows all APIs: whoever asks for them has every room imported."""
    _ALL[:] = [apis]


def all_apis() -> list[Api]:
    """The APIs of all rooms, in order."""
    return [api for apis in _ALL for api in apis()]
