"""What the directory asks of the contexts above it, which it cannot import: who sees a subject, and its log in words.

    ports.know_subjects("gst", named("service.reading:get"), {"guest.created": N_("The guest was created.")})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.kernel.scope import Scope

Check = Callable[[Scope, str], object]  # raises NotFound for a subject that the caller does not see

CHECKS: dict[str, Check] = {}
SENTENCES: dict[str, str] = {}


def know_subjects(prefix: str, check: Check, sentences: Mapping[str, str]) -> None:
    """Say who sees subjects whose ids begin with `prefix`, and how their actions read in words.

    A sentence is marked with `N_` and may hold the entry's details as `%(fields)s`.
    """
    CHECKS[prefix] = check
    put_in_words(sentences)


def put_in_words(sentences: Mapping[str, str]) -> None:
    """Say how actions read in words whose subjects are another context's, or the whole chain's alone."""
    SENTENCES.update(sentences)
