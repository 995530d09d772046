"""Who may do what in AWS: the least each kind of function needs, and the wall around a chain.

Every function's own role may assume the tenant role; the tables that hold chains' data are reached through that role
alone, with the chain as session tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Statement = dict[str, Any]


class Arns(Protocol):
    """Where the resources are: as text in tests, as references in the template."""

    def table(self, name: str) -> Any:
        """A table, by its name without prefix, and with `index=True` semantics left to the caller."""

    def queue(self, name: str) -> Any:
        """A queue of the wiring, by name."""

    def bucket(self) -> Any:
        """The bucket of files."""

    def tenant_role(self) -> Any:
        """The role that is assumed for one chain."""

    def mail_identity(self) -> Any:
        """The identity that mails are sent from."""


@dataclass(frozen=True)
class Document:
    """A policy, and for a role who may assume it."""

    statements: list[Statement]


def function_policy(kind: str, arns: Arns) -> Document:
    """What functions of `kind` (`api`, `worker`, `hearer`, `sweeper`) may do by themselves."""
    raise NotImplementedError(kind)


def tenant_policy(arns: Arns) -> Document:
    """What the tenant role allows to a session tagged with one chain."""
    raise NotImplementedError
