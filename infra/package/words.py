"""The few words of CloudFormation that both templates are written in, and the names that everything goes by."""

from __future__ import annotations

import json
import re
from typing import Any

Json = dict[str, Any]

FORMAT = "2010-09-09"
# Names of one installation. Account-wide names (roles, buckets) carry region and account beside them.
PREFIX = "hospes-${Stage}-"
STAGE_PATTERN = "[a-z][a-z0-9]{0,15}"
TAGS = {"product": "hospes", "stage": "${Stage}"}


def ref(name: str) -> Json:
    """The resource or parameter `name`."""
    return {"Ref": name}


def attribute(name: str, of: str = "Arn") -> Json:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [name, of]}


def sub(text: str) -> Json:
    """Text with `${Name}` in it."""
    return {"Fn::Sub": text}


def named(name: str) -> Json:
    """The full name of something that the wiring or a record names."""
    return sub(PREFIX + name)


def imported(name: str) -> Json:
    """What the data stack exports under a name."""
    return {"Fn::ImportValue": named(name)}


def logical(*words: str) -> str:
    """A logical id: `logical("queue", "agenda-event")` is `QueueAgendaEvent`."""
    return "".join(part[:1].upper() + part[1:] for word in words for part in re.split(r"[^A-Za-z0-9]+", word) if part)


def tag_list() -> list[Json]:
    """The tags of every resource that takes a list of them."""
    return [{"Key": key, "Value": sub(value) if "$" in value else value} for key, value in TAGS.items()]


def tag_map() -> Json:
    """The tags of every resource that takes a map of them."""
    return {key: sub(value) if "$" in value else value for key, value in TAGS.items()}


def stage_parameter() -> Json:
    """The parameter that both templates have."""
    return {
        "Type": "String",
        "Default": "prod",
        "AllowedPattern": STAGE_PATTERN,
        "Description": "Name of this installation; part of every name.",
    }


def text_of(template: Json) -> str:
    """A template as it is written to a file: readable, the same for the same wiring."""
    return json.dumps(template, indent=1, ensure_ascii=False) + "\n"
