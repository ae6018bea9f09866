"""The colours that a page has of a field: those that are asked for, and those offered beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from heatvid._color.colormaps import ColorTable, color_table, label_colors
from heatvid._errors import OptionError
from heatvid._options.options import Options
from heatvid._plan.make import norm_of

OFFERED = ("inferno", "viridis", "turbo", "magma", "cividis", "gray", "coolwarm", "twilight")


def color_tables(options: Options) -> list[ColorTable]:
    """The colours that are asked for, then those that are offered beside.

    Raises
    ------
    OptionError
        One is unknown.
    """
    own = _own_table(options)
    return [own, *_others(options, own)]


def _own_table(options: Options) -> ColorTable:
    """The colours that are asked for; of labels a row for each that can be stored."""
    kind = norm_of(options).kind
    if kind == "labels":
        return _of_labels(options, 1 << options.bits)
    cmap = "inferno" if options.cmap is None else options.cmap
    return _table(options, cmap, exact=kind == "identity")


def _of_labels(options: Options, count: int) -> ColorTable:
    table = color_table(
        label_colors() if options.cmap is None else options.cmap,
        bad=options.bad, exact=True, labels=options.label_colors or {},
    )  # fmt: skip
    palette, labels = table.palette, np.arange(count)
    assert palette is not None
    rows = np.where(
        labels < palette.named, labels, palette.named + (labels - palette.named) % palette.cycle
    )
    rows = np.concatenate([rows, len(table.rgb) - 3 + np.arange(3)])
    return replace(table, name="labels", rgb=table.rgb[rows], alpha=table.alpha[rows])


def _others(options: Options, own: ColorTable) -> list[ColorTable]:
    """The colormaps that are offered beside."""
    given = options.cmaps is not None
    usual = () if norm_of(options).kind == "labels" else OFFERED
    names = [name.strip() for name in (options.cmaps or "").split(",")] if given else usual
    try:
        return [_table(options, name) for name in names if name != own.name]
    except OptionError as error:
        raise OptionError(f"cmaps: {str(error).removeprefix('cmap: ')}") from None


def _table(options: Options, cmap: Any, *, exact: bool = False) -> ColorTable:
    return color_table(cmap, under=options.under, over=options.over, bad=options.bad, exact=exact)
