"""Names: what a stack, a component, a workload and an instance may be called."""

import re
from typing import NewType

Name = NewType("Name", str)
Digest = NewType("Digest", str)
InstanceId = NewType("InstanceId", str)

NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A DNS label (RFC 1123) that starts with a letter, short enough for a suffix in 63 characters."""

SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}|[a-z][a-z0-9-]{0,38}\.[a-z][a-z0-9-]{0,22}")
"""A user's secret is an environment name; Seaway's own is `component.what`."""


def valid_name(text: str) -> bool:
    """Tell whether a stack or component may be called this."""
    return NAME.fullmatch(text) is not None


def as_variable(name: str) -> str:
    """`food-db` as the start of an environment name: `FOOD_DB`."""
    return name.upper().replace("-", "_").replace(".", "_")
