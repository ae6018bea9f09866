"""``Panel``, ``grid`` and ``difference``: several fields in one frame, as Python describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Unpack

from heatvid._errors import OptionError, SourceError, brief, kind_of
from heatvid._options.accepted import PanelOptions
from heatvid._options.documenting import documented
from heatvid._options.options import each_checked, option_fields
from heatvid.sources._difference import Difference

PANEL_GROUPS = ("input", "values", "colour", "blending", "source_fps")
_NAMES = tuple(option.name for option in option_fields(PANEL_GROUPS))


@documented(*PANEL_GROUPS)
@dataclass(frozen=True, eq=False, init=False)
class Panel:
    """One field among others in a frame; see :func:`grid`.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`render` takes.
    title : str, optional
        Over it; by default the name of its file, where the frame has several panels.
    {options}

    Other options are those of :func:`render`, for which they all have one meaning; those that are
    given here hold for this panel alone.

    Raises
    ------
    OptionError
        An option cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> Panel(np.zeros((4, 8, 8)), title="model A", cmap="magma").title
    'model A'
    """

    source: Any
    title: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self, source: Any, title: str | None = None, **options: Unpack[PanelOptions]
    ) -> None:
        if title is not None and not isinstance(title, str):
            raise OptionError(f"title: got {brief(title)}; allowed is a text")
        checked = each_checked(options, allowed=_NAMES)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "title", title)
        given = {name: value for name, value in vars(checked).items()
                 if options.get(name) is not None}  # fmt: skip
        object.__setattr__(self, "options", given)


@dataclass(frozen=True, eq=False)
class Grid:
    """Panels in rows and columns; what :func:`grid` gives.

    Attributes
    ----------
    rows : tuple of tuple of Panel or None
        None for an empty place.
    """

    rows: tuple[tuple[Panel | None, ...], ...]


def grid(rows: Iterable[Iterable[Any]]) -> Grid:
    """Put several fields into one frame, for :func:`render` to show in step.

    All are as high as the highest. They have one scale where they show the same quantity, unless
    ``own_limits=True`` is given to :func:`render`. Where their rates differ each is shown at its
    own times, at the rate of the fastest, or ``fps``; they have to last equally long, up to one
    frame.

    Parameters
    ----------
    rows : iterable of iterables of Panel, None, or what :func:`render` takes
        Row after row; None leaves a place empty.

    Returns
    -------
    Grid
        To be given to :func:`render` as the source.

    Raises
    ------
    SourceError
        There is no panel, or what was given are no rows.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.zeros((2, 4, 8, 8))
    >>> both = grid([[Panel(a, title="A"), Panel(b, title="B")], [difference(a, b), None]])
    >>> len(both.rows)
    2
    """
    given: Any = rows
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise SourceError(f"grid: got {kind_of(given)}; allowed are rows of panels, [[a, b], [c]]")
    made = []
    for row in given:
        if not isinstance(row, (list, tuple)):
            raise SourceError(
                f"grid: got {kind_of(row)} for a row; allowed are lists of panels, [[a, b], [c]]"
            )
        made.append(tuple(_panel(item) for item in row))
    if not any(panel is not None for row in made for panel in row):
        raise SourceError("grid: has no panel; allowed is one or more")
    return Grid(tuple(made))


def rows_of(source: Any) -> tuple[tuple[Any, ...], ...]:
    """Rows of what is shown, None for an empty place."""
    return source.rows if isinstance(source, Grid) else ((source,),)


def panels_in(rows: Iterable[Iterable[Any]]) -> list[Panel]:
    """All that rows show, each as a panel."""
    shown = (item for row in rows for item in row if item is not None)
    return [item if isinstance(item, Panel) else Panel(item) for item in shown]


def _panel(item: Any) -> Panel | None:
    return item if item is None or isinstance(item, Panel) else Panel(item)


@documented(*PANEL_GROUPS)
def difference(a: Any, b: Any, title: str | None = None, **options: Unpack[PanelOptions]) -> Panel:
    """Show by how much a second field is more than a first, ``b - a``.

    Colours are those of a diverging colormap, 0 in the middle, unless ``norm`` and ``cmap`` say
    other ones; it has a scale of its own.

    Parameters
    ----------
    a, b : path, array, Source or Panel
        Of one length, or as long where their rates differ. Where sizes differ ``b`` is brought to
        that of ``a``: interpolated, or averaged where it shrinks.
    title : str, optional
        By default their titles, or names.
    {options}

    Returns
    -------
    Panel

    Examples
    --------
    >>> import numpy as np
    >>> difference(np.zeros((2, 4, 4)), np.ones((2, 4, 4))).options["norm"]
    'centered'
    """
    looks: dict[str, Any] = {"norm": "centered", "cmap": "coolwarm"}
    shown: dict[str, Any] = {**looks, **options}
    first, second = _panel(a), _panel(b)
    if first is None or second is None:
        raise SourceError("difference: got None; allowed are two sources")
    pair = Difference(
        first.source, second.source, _read_by(first), _read_by(second), (first.title, second.title)
    )
    return Panel(pair, title, **shown)


def _read_by(panel: Panel) -> dict[str, Any]:
    """What a panel says of how its source is read."""
    names = [option.name for option in option_fields(("input", "source_fps"))]
    return {name: value for name, value in panel.options.items() if name in names}
