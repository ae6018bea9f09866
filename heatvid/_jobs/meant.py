"""Which options mean something in which output, where not all do."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from heatvid._encode.containers import is_page, suffix_of
from heatvid._errors import AnyPath, OptionError, brief
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import is_given

_IN_VALUES = (
    "input", "overwrite", "format", "start_number", "threads", "batch_size", "progress", "backend",
)  # fmt: skip
_IN_PAGE = (
    "input", "values", "colour", "background", "background_frames", "alpha", "alpha_ramp", "blend",
    "fit", "place", "resample", "time", "format", "like", "fps", "quality", "crf", "preset",
    "encoder_threads", "bits", "exact", "cmaps", "overwrite", "running", "title", "label_names",
)  # fmt: skip
_IN_PANELS = (
    "panels", "captions", "columns", "gap", "gap_color", "panel_size", "own_limits",
)  # fmt: skip


def names_in_values() -> set[str]:
    """Names of the options that mean something where values are written as they are."""
    return {option.name for option in option_fields(_IN_VALUES)}


def names_in_page(*, panels: bool = False) -> set[str]:
    """Names of the options that mean something in a page of one field, or of panels."""
    own = option_fields((*_IN_PAGE, *_IN_PANELS) if panels else _IN_PAGE)
    return {option.name for option in own} - {"outlines", "outline_color", "segments"}


def demand_meant(options: Options, names: Container[str], allowed: str) -> None:
    """Refuse options of other names; ``allowed`` says where they mean something."""
    for option in option_fields():
        value = getattr(options, option.name)
        if option.name not in names and is_given(option, value):
            raise OptionError(f"{option.name}: got {brief(value)}; allowed {allowed}")


def meant_in(output: AnyPath, allowed: Sequence[str] = ()) -> Sequence[str]:
    """Names of those that are allowed, () for all, and mean something; () where all do."""
    if is_page(output):
        meant = names_in_page()
    elif suffix_of(output) == ".exr":
        meant = names_in_values()
    else:
        return allowed
    return [name for name in allowed or sorted(meant) if name in meant]


def holds_values(output: AnyPath, given: Mapping[str, Any]) -> bool:
    """Whether an output holds values where nothing says that it is of colours."""
    of_colours = given.get("pix_fmt") is not None or given.get("transparent")
    return suffix_of(output) in (".tif", ".tiff") and not of_colours
