"""What is asked for: whether it is a composition, of which files, and what renders that."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from heatvid._errors import AnyPath, OptionError, called
from heatvid._jobs.panels import Grid, Panel
from heatvid._options.composed import ComposedOptions
from heatvid._options.options import Options
from heatvid._options.rules import is_given
from heatvid.backends import Choice
from heatvid.backends._composed import ComposedRenderer
from heatvid.sources._difference import Difference


def is_composed(options: Options, source: Any = None) -> bool:
    """Whether more is shown than one field that fills the frame."""
    asked = any(is_given(o, getattr(options, o.name)) for o in fields(ComposedOptions))
    return asked or isinstance(source, Grid | Panel) or options.channel == "grid"


def demand_one_field(source: Any, output: AnyPath) -> None:
    """Refuse panels where an output holds the values of one field."""
    if isinstance(source, Grid | Panel):
        raise OptionError(
            f"{called(output)}: holds the values of one field; allowed with panels are videos, "
            "pictures and pages"
        )


def inputs_of(options: Options, source: Any) -> tuple[Any, ...]:
    """All that may be files that are read."""
    if isinstance(source, Grid):
        each = (inputs_of(options, panel) for row in source.rows for panel in row if panel)
        return tuple(file for files in each for file in files)
    if isinstance(source, Panel):
        return inputs_of(replace(options, **source.options), source.source)
    if isinstance(source, Difference):
        return source.a, source.b
    return source, options.background, options.alpha_mask


def composed(choice: Choice) -> Choice:
    """A backend that renders what is composed."""
    return choice._replace(backend=ComposedRenderer(choice.backend))
