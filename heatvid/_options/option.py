"""How an option is declared: its default, group, check, help and command-line form."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from heatvid._options.checks import Check


def option(
    default: Any, group: str, check: Check, help: str, *, metavar: str = "", nargs: int = 0
) -> Any:
    """Declare an option as a field of a dataclass."""
    metadata = {"group": group, "check": check, "help": help, "metavar": metavar, "nargs": nargs}
    return field(default=default, metadata=metadata)
