"""Colormaps: names, lists of colours, arrays and colormap objects become tables of colours."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colors import demand_one_meaning, one_color, parse_color
from heatvid._color.palette import Palette, repeated
from heatvid._errors import OptionError, brief, kind_of

if TYPE_CHECKING:
    import cmap as cmap_package

DEFAULT_ENTRIES = 256
DEEP_ENTRIES = 1024  # of a map without steps, for canvases of 10 bits
MAX_ENTRIES = 65_536
UNDER, OVER, BAD = -3, -2, -1  # rows of the table, counted from its end


@dataclass(frozen=True, eq=False)
class ColorTable:
    """The colours of a field, one row an index.

    Attributes
    ----------
    name : str
        For messages.
    rgb : ndarray, shape (N + 3, 3), uint8
        The N colours, then those for values under and over the limits, and for NaN.
    alpha : ndarray, shape (N + 3,), float64 in 0..1
        Opacity of each row.
    exact : ndarray, shape (N + 3, 3), uint8, or None
        The colours rounded to bytes, where they were not bytes to begin with.
    palette : Palette or None
        Which rows labels have, where it is a table of labels.
    uncut : ndarray, shape (N + 3, 3), float64 in 0..255, or None
        The colours before they became bytes, where they were not bytes to begin with.
    """

    name: str
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float64]
    exact: NDArray[np.uint8] | None = None
    palette: Palette | None = None
    uncut: NDArray[np.float64] | None = None

    @property
    def entries(self) -> int:
        """N, the colours between the limits."""
        return len(self.rgb) - 3

    @property
    def deep(self) -> NDArray[np.float64]:
        """The colours as they are known, shape (N + 3, 3), in 0..255."""
        return self.rgb.astype(np.float64) if self.uncut is None else self.uncut

    @property
    def clamps(self) -> bool:
        """Whether under and over are the first and the last colour, so that clipping is enough."""
        rows = np.column_stack([self.rgb, self.deep, self.alpha])
        return bool((rows[UNDER] == rows[0]).all() and (rows[OVER] == rows[BAD - 3]).all())


def color_table(
    cmap: Any = "inferno",
    *,
    under: Any = None,
    over: Any = None,
    bad: Any = None,
    exact: bool = False,
    deep: bool = False,
    labels: dict[int, Any] | None = None,
) -> ColorTable:
    """Resolve a colormap.

    Parameters
    ----------
    cmap : str, Colormap, sequence of colours or ndarray
        A name of cmap's catalogue (``viridis``, ``cmocean:balance``; ``_r`` reverses), a
        matplotlib or cmap Colormap, a list of colours (evenly spaced stops), or the table itself
        as an array of shape (N, 3) or (N, 4), uint8 or float in 0..1.
    under, over, bad : colour, optional
        For values under ``vmin``, over ``vmax`` and for NaN: a name, ``#rrggbb[aa]``, an RGB(A)
        tuple (all floats in 0..1, or all integers in 0..255), or ``transparent``. By default the
        first and the last colour, and black.

    exact : bool
        Values name rows of the table: round colours to bytes instead, so that entry k of ``gray``
        is exactly (k, k, k), and take a list of colours as the table itself.
    deep : bool
        Give maps without steps ``DEEP_ENTRIES`` colours: names, lists of colours, and Colormap
        objects, matplotlib's from 256 colours on. Fewer ones are steps, and stay as they are, as
        do tables, and all colours where ``exact`` is asked for.
    labels : dict, optional
        Make a table of labels, some of which have these colours: beyond the palette its colours
        come again, but for the first; negative labels have the bad colour.

    Returns
    -------
    ColorTable

    Raises
    ------
    OptionError
        The colormap or a colour is unknown or malformed.

    Notes
    -----
    Colours between 8-bit levels are cut off, not rounded, as matplotlib's ``bytes=True`` does, so
    that both show the same bytes.
    """
    entries = DEEP_ENTRIES if deep and not exact else DEFAULT_ENTRIES
    table = _resolve(cmap, entries, listed=exact)
    if exact and table.exact is not None:
        table = replace(table, rgb=table.exact, uncut=None)
    for row, option, color in ((UNDER, "under", under), (OVER, "over", over), (BAD, "bad", bad)):
        if color is not None:
            table = _with_row(table, row, parse_color(color, option))
    return table if labels is None else _of_labels(table, labels)


@lru_cache(maxsize=1)
def label_colors() -> NDArray[np.uint8]:
    """Colours of labels, shape (256, 3) uint8: tab10's, then Glasbey's, which are told apart.

    Neither white nor black is among the first ones, which are often the label of the background.
    """
    names = ("tab10", "glasbey")
    tab10, glasbey = (_by_name(name, DEFAULT_ENTRIES).rgb[:-3] for name in names)
    return np.concatenate([tab10, glasbey[1:]])[:256]  # the first of glasbey is white


def _of_labels(table: ColorTable, chosen: dict[int, Any]) -> ColorTable:
    """Arrange the colours by label, those that were chosen among them."""
    named = 1 + max([0, *chosen])
    rows = repeated(named, table.entries)
    negative = max([0, *(-label for label in chosen)])
    palette = Palette(named, len(rows) - named, negative)
    bad = table.entries + 2
    rows = np.concatenate([rows, np.full(negative + 3, bad)])
    rgb, alpha = table.rgb[rows], table.alpha[rows]
    for label, color in chosen.items():
        row = label if label >= 0 else palette.base - 1 - label
        *rgb[row], alpha[row] = parse_color(color, f"label_colors: {label}")
    return ColorTable(table.name, rgb, alpha, palette=palette)


def _with_row(table: ColorTable, row: int, color: tuple[int, int, int, float]) -> ColorTable:
    rgb, alpha, deep = table.rgb.copy(), table.alpha.copy(), table.deep.copy()
    rgb[row], alpha[row], deep[row] = color[:3], color[3], color[:3]
    return replace(table, rgb=rgb, alpha=alpha, uncut=None if table.uncut is None else deep)


def _resolve(cmap: Any, entries: int, *, listed: bool) -> ColorTable:
    if isinstance(cmap, str):
        return _by_name(cmap, entries)
    if isinstance(cmap, np.ndarray):
        return _from_array(cmap)
    if hasattr(cmap, "_init") and hasattr(cmap, "N"):
        return _from_matplotlib(cmap, entries)
    if hasattr(cmap, "lut") and hasattr(cmap, "num_colors"):
        return _from_cmap(cmap, str(cmap.name), entries)
    if isinstance(cmap, Sequence) and len(cmap) > 0:
        return _from_list(cmap) if listed else _from_colors(cmap, entries)
    raise OptionError(
        f"cmap: got {kind_of(cmap)}; allowed are a name, a matplotlib or cmap Colormap, a "
        "list of colours, or an (N, 3) or (N, 4) array"
    )


@lru_cache(maxsize=64)
def _by_name(name: str, entries: int) -> ColorTable:
    import cmap as cmap_package

    exact = _matplotlib_exact(name, entries)
    if exact is not None:
        return exact
    try:
        with without_warnings():
            colormap = cmap_package.Colormap(name)
    except Exception:
        raise OptionError(_unknown_name(name)) from None
    return _from_cmap(colormap, name, entries)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep the catalogue from logging that a short name stands for several maps.

    Its choice is documented, and `heatvid cmaps` lists the full names.
    """
    logger = logging.getLogger("cmap")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _unknown_name(name: str) -> str:
    import cmap as cmap_package

    known = list(cmap_package.Colormap.catalog())
    close = difflib.get_close_matches(name, known, n=3)
    guess = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"cmap: {brief(name)} is not in the catalogue; {guess}`heatvid cmaps` lists every name"


def _matplotlib_exact(name: str, entries: int) -> ColorTable | None:
    """Colours of the few matplotlib maps that the catalogue has otherwise, by a level or more."""
    file = resources.files("heatvid") / "data" / "matplotlib_tables.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as tables:
        if name not in tables.files:
            return None
        colors = tables[name]
    if DEFAULT_ENTRIES <= len(colors) < entries:
        uncut = _between(colors, entries)
        return _with_ends(name, uncut.astype(np.uint8), np.ones(entries), uncut)
    return _with_ends(name, colors, np.ones(len(colors)))


def _between(colors: NDArray[Any], entries: int) -> NDArray[np.float64]:
    """As many colours as ``entries``, evenly between those of a map, shape (n, channels)."""
    places = np.linspace(0, len(colors) - 1, entries)
    own = np.arange(len(colors))
    return np.column_stack([np.interp(places, own, channel) for channel in colors.T])


def _from_cmap(colormap: cmap_package.Colormap, name: str, entries: int) -> ColorTable:
    own = colormap.num_colors
    count = own if colormap.interpolation == "nearest" else max(own, entries)
    rgba = np.asarray(colormap.lut(min(count, MAX_ENTRIES), with_over_under=True))
    return _from_floats(name, rgba, own_bad=colormap.bad_color is not None)


def _from_matplotlib(colormap: Any, entries: int) -> ColorTable:
    if DEFAULT_ENTRIES <= colormap.N < entries and hasattr(colormap, "_segmentdata"):
        colormap = colormap.resampled(entries)
    colors = colormap(np.arange(colormap.N))
    if DEFAULT_ENTRIES <= colormap.N < entries:  # the samples of one without steps
        colors = _between(colors, entries)
    rgba = np.concatenate([colors, colormap(np.array([-1, colormap.N])), colormap([np.nan])])
    return _from_floats(str(colormap.name), rgba, own_bad=bool(rgba[BAD].any()))


def _from_floats(name: str, rgba: NDArray[np.float64], own_bad: bool) -> ColorTable:
    """Cut to bytes; a bad colour that was never chosen is opaque black."""
    rgb = (rgba[:, :3] * 255).astype(np.uint8)
    uncut = rgba[:, :3] * 255.0
    exact = np.rint(uncut).astype(np.uint8)
    alpha = rgba[:, 3].astype(np.float64)
    if not own_bad:
        rgb[BAD], exact[BAD], uncut[BAD], alpha[BAD] = 0, 0, 0, 1.0
    return ColorTable(name, rgb, alpha, exact, uncut=uncut)


def _from_array(array: NDArray[Any]) -> ColorTable:
    if array.ndim != 2 or array.shape[1] not in (3, 4) or not 1 <= len(array) <= MAX_ENTRIES:
        raise OptionError(
            f"cmap: got an array of shape {array.shape}; allowed are (N, 3) and (N, 4) with N in "
            f"1..{MAX_ENTRIES}"
        )
    if array.dtype == np.uint8:
        colors = array[:, :3].copy()
        scaled = array / 255.0
    elif array.dtype.kind == "f" and np.isfinite(array).all() and (array >= 0).all():
        scaled = array.astype(np.float64)
        colors = (np.minimum(scaled[:, :3], 1) * 255).astype(np.uint8)
    else:
        scaled, colors = np.full((1, 1), 2.0), np.empty((0, 3), np.uint8)
    if scaled.max() > 1:
        raise OptionError(
            f"cmap: got an array of {array.dtype} that is not a table of colours; allowed are "
            "uint8, and floats in 0..1"
        )
    alpha = scaled[:, 3] if array.shape[1] == 4 else np.ones(len(array))
    uncut = None if array.dtype == np.uint8 else scaled[:, :3] * 255.0
    return _with_ends("array", colors, alpha, uncut)


def _from_list(colors: Sequence[Any]) -> ColorTable:
    """One row a colour."""
    demand_one_meaning(colors, "cmap")
    rows = [one_color(color, "cmap") for color in colors]
    rgb = np.array([row[:3] for row in rows], np.uint8)
    return _with_ends("colours", rgb, np.array([row[3] for row in rows]))


def _from_colors(colors: Sequence[Any], entries: int) -> ColorTable:
    import cmap as cmap_package

    demand_one_meaning(colors, "cmap")
    stops = [one_color(color, "cmap") for color in colors]
    if len(stops) == 1:
        stops *= 2
    rgba = [(r / 255, g / 255, b / 255, a) for r, g, b, a in stops]
    return _from_cmap(cmap_package.Colormap(rgba), "colours", entries)


def _with_ends(
    name: str,
    colors: NDArray[np.uint8],
    alpha: NDArray[np.float64],
    uncut: NDArray[np.float64] | None = None,
) -> ColorTable:
    rgb = np.concatenate([colors, colors[:1], colors[-1:], np.zeros((1, 3), np.uint8)])
    if uncut is not None:
        uncut = np.concatenate([uncut, uncut[:1], uncut[-1:], np.zeros((1, 3))])
    return ColorTable(name, rgb, np.concatenate([alpha, alpha[:1], alpha[-1:], [1.0]]), uncut=uncut)
