"""Which options of another output's looks mean something in an output, by its name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatvid._encode.containers import is_page, suffix_of
from heatvid._errors import AnyPath
from heatvid._jobs.page_options import names_meant
from heatvid._options.options import option_fields

IN_VALUES = (
    "input", "overwrite", "format", "start_number", "threads", "batch_size", "progress", "backend",
)  # fmt: skip


def meant_in(output: AnyPath, allowed: Sequence[str] = ()) -> Sequence[str]:
    """Names of those that are allowed, () for all, and mean something; () where all do."""
    if is_page(output):
        meant = names_meant()
    elif suffix_of(output) == ".exr":
        meant = {option.name for option in option_fields(IN_VALUES)}
    else:
        return allowed
    return [name for name in allowed or sorted(meant) if name in meant]


def holds_values(output: AnyPath, given: Mapping[str, Any]) -> bool:
    """Whether an output holds values where nothing says that it is of colours."""
    of_colours = given.get("pix_fmt") is not None or given.get("transparent")
    return suffix_of(output) in (".tif", ".tiff") and not of_colours
