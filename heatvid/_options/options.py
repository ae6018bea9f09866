"""Every option once: its name, default, check, help and command-line form.

The Python functions take these as keyword arguments, the command line as ``--name-with-dashes``;
both run the same checks.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from heatvid._errors import OptionError
from heatvid._options import checks
from heatvid._options.composed import ComposedOptions
from heatvid._options.input import InputOptions
from heatvid._options.looks import LooksOptions
from heatvid._options.output import OutputOptions, RunningOptions
from heatvid._options.rules import check_together
from heatvid._options.timing import TimeOptions


@dataclass(frozen=True, kw_only=True)
class Options(
    RunningOptions, OutputOptions, TimeOptions, ComposedOptions, LooksOptions, InputOptions
):
    """What can be asked for; values are checked and brought to their plain form.

    Fields stand in the order of the bases from the last to the first.
    """

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            value = option.default if value is None else value
            if value is not None:
                value = option.metadata["check"](option.name, value)
            object.__setattr__(self, option.name, value)


def make_options(given: Mapping[str, Any], *, allowed: Sequence[str] = ()) -> Options:
    """Build options from keyword arguments, and check that they make sense together.

    Names that do not exist are an error that guesses.
    """
    options = each_checked(given, allowed=allowed)
    check_together(options)
    if hint := checks.meant_as_fractions(options.percentiles or ()):
        warnings.warn(hint, stacklevel=3)
    return options


def each_checked(given: Mapping[str, Any], *, allowed: Sequence[str] = ()) -> Options:
    """Build options of which each is allowed by itself."""
    names = allowed or [option.name for option in fields(Options)]
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            guess = f"did you mean {close[0]!r}? " if close else ""
            raise OptionError(f"{name}: no such option; {guess}allowed are {', '.join(names)}")
    return Options(**given)


def option_fields(groups: Iterable[str] = ()) -> list[Field[Any]]:
    """The options' fields, all, or those of the groups and the single names given."""
    wanted = tuple(groups)
    return [
        o for o in fields(Options)
        if not wanted or o.metadata["group"] in wanted or o.name in wanted
    ]  # fmt: skip
