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

from heatvid._color.palette import Palette, repeated
from heatvid._errors import OptionError, brief, kind_of

if TYPE_CHECKING:
    import cmap as cmap_package

DEFAULT_ENTRIES = 256
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
    """

    name: str
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float64]
    exact: NDArray[np.uint8] | None = None
    palette: Palette | None = None

    @property
    def entries(self) -> int:
        """N, the colours between the limits."""
        return len(self.rgb) - 3

    @property
    def clamps(self) -> bool:
        """Whether under and over are the first and the last colour, so that clipping is enough."""
        rows = np.column_stack([self.rgb, self.alpha])
        return bool((rows[UNDER] == rows[0]).all() and (rows[OVER] == rows[BAD - 3]).all())


def color_table(
    cmap: Any = "inferno",
    *,
    under: Any = None,
    over: Any = None,
    bad: Any = None,
    exact: bool = False,
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
    table = _resolve(cmap, listed=exact)
    if exact and table.exact is not None:
        table = replace(table, rgb=table.exact)
    for row, option, color in ((UNDER, "under", under), (OVER, "over", over), (BAD, "bad", bad)):
        if color is not None:
            table = _with_row(table, row, parse_color(color, option))
    return table if labels is None else _of_labels(table, labels)


def parse_color(color: Any, option: str = "colour") -> tuple[int, int, int, float]:
    """Read one colour as red, green and blue in 0..255 and alpha in 0..1."""
    _demand_one_meaning([color], option)
    return _parse_color(color, option)


def _parse_color(color: Any, option: str) -> tuple[int, int, int, float]:
    import cmap as cmap_package

    if isinstance(color, str) and color.lower() == "transparent":
        return (0, 0, 0, 0.0)
    try:
        named = isinstance(color, (str, cmap_package.Color))
        r, g, b, a = cmap_package.Color(color).rgba if named else _channels(color)
        red, green, blue = (round(float(channel) * 255) for channel in (r, g, b))
        return (red, green, blue, float(a))
    except Exception:
        raise OptionError(
            f"{option}: {brief(color)} is not a colour; allowed are names such as 'black', "
            "'#rrggbb', '#rrggbbaa', 'transparent' and (r, g, b) tuples, all floats in 0..1 or all "
            "integers in 0..255"
        ) from None


def _demand_one_meaning(colors: Sequence[Any], option: str) -> None:
    """Refuse (1, 0, 0): red to who thinks in 0..1, nearly black to who thinks in 0..255."""
    numbers = [np.asarray(color) for color in colors if isinstance(color, (list, tuple))]
    if not numbers or len(numbers) < len(colors):
        return
    if all(color.size and color.dtype.kind in "iu" for color in numbers) and (
        max(color.max() for color in numbers) == 1
    ):
        raise OptionError(
            f"{option}: {brief(colors[0] if len(colors) == 1 else colors)} could be read in two "
            "ways; say (1.0, 0.0, 0.0) for floats in 0..1, or 255 for the brightest integer"
        )


def _channels(color: Any) -> tuple[float, float, float, float]:
    """Red, green, blue and alpha in 0..1 of a sequence of numbers."""
    channels = np.asarray(color)
    scaled = channels / 255 if channels.dtype.kind in "iu" else channels
    if scaled.dtype.kind != "f" or not ((scaled >= 0) & (scaled <= 1)).all():
        raise ValueError("not numbers of the range")
    r, g, b, *a = scaled.tolist()
    (alpha,) = a or [1.0]
    return r, g, b, alpha


@lru_cache(maxsize=1)
def label_colors() -> NDArray[np.uint8]:
    """Colours of labels, shape (256, 3) uint8: tab10's, then Glasbey's, which are told apart.

    Neither white nor black is among the first ones, which are often the label of the background.
    """
    tab10, glasbey = (_by_name(name).rgb[:-3] for name in ("tab10", "glasbey"))
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
    rgb, alpha = table.rgb.copy(), table.alpha.copy()
    rgb[row], alpha[row] = color[:3], color[3]
    return replace(table, rgb=rgb, alpha=alpha)


def _resolve(cmap: Any, *, listed: bool) -> ColorTable:
    if isinstance(cmap, str):
        return _by_name(cmap)
    if isinstance(cmap, np.ndarray):
        return _from_array(cmap)
    if hasattr(cmap, "_init") and hasattr(cmap, "N"):
        return _from_matplotlib(cmap)
    if hasattr(cmap, "lut") and hasattr(cmap, "num_colors"):
        return _from_cmap(cmap, str(cmap.name))
    if isinstance(cmap, Sequence) and len(cmap) > 0:
        return _from_list(cmap) if listed else _from_colors(cmap)
    raise OptionError(
        f"cmap: got {kind_of(cmap)}; allowed are a name, a matplotlib or cmap Colormap, a "
        "list of colours, or an (N, 3) or (N, 4) array"
    )


@lru_cache(maxsize=64)
def _by_name(name: str) -> ColorTable:
    import cmap as cmap_package

    exact = _matplotlib_exact(name)
    if exact is not None:
        return exact
    try:
        with without_warnings():
            colormap = cmap_package.Colormap(name)
    except Exception:
        raise OptionError(_unknown_name(name)) from None
    return _from_cmap(colormap, name)


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
    return f"cmap: {name!r} is not in the catalogue; {guess}`heatvid cmaps` lists every name"


def _matplotlib_exact(name: str) -> ColorTable | None:
    """Colours of the few matplotlib maps that the catalogue has otherwise, by a level or more."""
    file = resources.files("heatvid") / "data" / "matplotlib_tables.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as tables:
        if name not in tables.files:
            return None
        colors = tables[name]
    return _with_ends(name, colors, np.ones(len(colors)))


def _from_cmap(colormap: cmap_package.Colormap, name: str) -> ColorTable:
    entries = colormap.num_colors
    if colormap.interpolation != "nearest":
        entries = max(entries, DEFAULT_ENTRIES)
    rgba = np.asarray(colormap.lut(min(entries, MAX_ENTRIES), with_over_under=True))
    return _from_floats(name, rgba, own_bad=colormap.bad_color is not None)


def _from_matplotlib(colormap: Any) -> ColorTable:
    rows = np.concatenate([np.arange(colormap.N), [-1, colormap.N]])
    rgba = np.concatenate([colormap(rows), colormap([np.nan])])
    return _from_floats(str(colormap.name), rgba, own_bad=bool(rgba[BAD].any()))


def _from_floats(name: str, rgba: NDArray[np.float64], own_bad: bool) -> ColorTable:
    """Cut to bytes; a bad colour that was never chosen is opaque black."""
    rgb = (rgba[:, :3] * 255).astype(np.uint8)
    exact = np.rint(rgba[:, :3] * 255).astype(np.uint8)
    alpha = rgba[:, 3].astype(np.float64)
    if not own_bad:
        rgb[BAD], exact[BAD], alpha[BAD] = 0, 0, 1.0
    return ColorTable(name, rgb, alpha, exact)


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
    return _with_ends("array", colors, alpha)


def _from_list(colors: Sequence[Any]) -> ColorTable:
    """One row a colour."""
    _demand_one_meaning(colors, "cmap")
    rows = [_parse_color(color, "cmap") for color in colors]
    rgb = np.array([row[:3] for row in rows], np.uint8)
    return _with_ends("colours", rgb, np.array([row[3] for row in rows]))


def _from_colors(colors: Sequence[Any]) -> ColorTable:
    import cmap as cmap_package

    _demand_one_meaning(colors, "cmap")
    stops = [_parse_color(color, "cmap") for color in colors]
    if len(stops) == 1:
        stops *= 2
    rgba = [(r / 255, g / 255, b / 255, a) for r, g, b, a in stops]
    return _from_cmap(cmap_package.Colormap(rgba), "colours")


def _with_ends(name: str, colors: NDArray[np.uint8], alpha: NDArray[np.float64]) -> ColorTable:
    rgb = np.concatenate([colors, colors[:1], colors[-1:], np.zeros((1, 3), np.uint8)])
    return ColorTable(name, rgb, np.concatenate([alpha, alpha[:1], alpha[-1:], [1.0]]))
