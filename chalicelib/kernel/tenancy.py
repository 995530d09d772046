"""Where a call to a shared store stands: at a door, inside one chain, or in a named passage through the wall.

Every way into the product is a door, where nobody is known yet. Whoever has been recognised enters a chain, and from
then on the shared clients sign with that chain's own session (see `aws`), which AWS lets reach that chain's keys only.
A call that stands nowhere is refused before it leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# As a session tag it must mean one chain: no wildcard, no separator of keys.
_CHAIN = re.compile(r"chn_[0-9a-z_]{1,60}")


class BeyondTheWall(RuntimeError):
    """A call that stands nowhere, or a step from one chain into another: a defect of ours, never a caller's doing."""


# -- the named exceptions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """What a passage leads to: some actions on a table or one of its indexes, for leading keys of some patterns."""

    table: str
    actions: tuple[str, ...]
    leading: tuple[str, ...]
    index: str | None = None


@dataclass(frozen=True)
class Store:
    """A bucket beside the chains' own that a passage leads to, by what it is for. Without listing it nobody could tell
    an object that is not there from one that is refused, and a defect of a policy would look like mails that ended."""

    name: str
    actions: tuple[str, ...]
    is_listed: bool


@dataclass(frozen=True)
class Passage:
    """A named exception to keys that begin with the caller's chain.

    `kind` is the kind of function whose own role takes it before there is a chain; None means that a chain's session
    takes it, tagged with the passage's name, because what lies beyond is written together with the chain's own items.
    """

    name: str
    kind: str | None
    why: str
    openings: tuple[Opening, ...] = ()
    stores: tuple[Store, ...] = ()


AUTHENTICATION = Passage(
    "authentication",
    "api",
    "Until its secret has been compared, the chain that a token names is a claim; no session is made for a claim.",
    (Opening("api-keys", ("GetItem",), ("chn_*",)),),
)
SIGN_IN = Passage(
    "sign-in",
    "api",
    "Whoever signs in with an address does not say which chain, and tries are counted before anybody is known.",
    (
        Opening("sign-ins", ("GetItem",), ("*",)),
        Opening("sign-in-attempts", ("GetItem", "PutItem", "DeleteItem"), ("*",)),
    ),
)
ADDRESSES = Passage(
    "addresses",
    None,
    "An address signs in one person of all chains; its pointer is written in the transaction of the member of staff.",
    (Opening("sign-ins", ("GetItem", "PutItem", "DeleteItem"), ("*",)),),
)
OPERATOR = Passage(
    "operator",
    "api",
    "The operator belongs to no chain: the list of all chains, and the answers kept for the operator's own requests.",
    (
        Opening("chains", ("Query",), ("chains",), index="all"),
        Opening("idempotency", ("GetItem", "UpdateItem"), ("#operator#*",)),
    ),
)
FOUNDING = Passage(
    "founding",
    None,
    "The operator's idempotency key is claimed in the transaction that creates the chain.",
    (Opening("idempotency", ("PutItem",), ("#operator#*",)),),
)
SWEEP = Passage(
    "sweep",
    "sweeper",
    "What is due is found in lanes that all live chains share; the index holds keys only.",
    (Opening("agenda", ("Query",), ("event#*", "due#*", "bulk#*"), index="due"),),
)
INTAKE = Passage(
    "intake",
    "hearer",
    "Which chain a mail is for says the address that it came to, which is read after the mail was put away.",
    stores=(Store("intake", ("GetObject",), is_listed=True),),
)
PASSAGES = (AUTHENTICATION, SIGN_IN, ADDRESSES, OPERATOR, FOUNDING, SWEEP, INTAKE)


# -- where one stands ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A place: no chain and no passage is the door itself."""

    chain_id: str = ""
    passage: Passage | None = None


_DOOR = Standing()
_OWN_WAY = {passage.name: Standing("", passage) for passage in PASSAGES if passage.kind is not None}
_standing: ContextVar[Standing | None] = ContextVar("standing", default=None)


def standing() -> Standing | None:
    """Where this call stands. None: never came through a door (a tool, a test's own hand)."""
    return _standing.get()


def door(handler: Callable[P, T]) -> Callable[P, T]:
    """Make a function a way into the product: what it does stands at the door until it enters a chain."""

    @wraps(handler)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _standing.set(_DOOR)
        try:
            return handler(*args, **kwargs)
        finally:
            _standing.reset(token)

    return run


def enter(chain_id: str) -> None:
    """Stand inside a chain until the door closes: for whoever has just been recognised. A tool stays where it is."""
    if _standing.get() is not None:
        _standing.set(_place_in(chain_id))


def inside(chain_id: str) -> Step:
    """`with inside(chain_id):` stand inside a chain for a while. Raises BeyondTheWall inside another one."""
    return Step(_place_in(chain_id))


def through(passage: Passage) -> Step:
    """`with through(SIGN_IN):` take a named passage. Raises BeyondTheWall where it does not begin."""
    here = _standing.get()
    if passage.kind is not None:
        if here is not None and here.chain_id:
            raise BeyondTheWall(f"{passage.name} begins outside the chains")
        return Step(_OWN_WAY[passage.name])
    if here is None or not here.chain_id:
        raise BeyondTheWall(f"{passage.name} begins inside a chain")
    return Step(Standing(here.chain_id, passage))


class Step:
    """A stay at one place, and back again."""

    __slots__ = ("_place", "_token")

    def __init__(self, place: Standing) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._token: Token[Standing | None] = _standing.set(self._place)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _standing.reset(self._token)


def _place_in(chain_id: str) -> Standing:
    here = _standing.get()
    if here is not None and here.chain_id:
        if here.chain_id != chain_id:
            raise BeyondTheWall("one chain does not lead into another")
        return here
    if _CHAIN.fullmatch(chain_id) is None:
        raise BeyondTheWall("not the id of a chain")
    return Standing(chain_id)
