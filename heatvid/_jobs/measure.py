"""``measure``: the limits of a whole sequence as a value, to share and to keep."""

from __future__ import annotations

from typing import Any, Unpack

from heatvid._errors import OptionError
from heatvid._jobs.source_feed import adopted, open_feed
from heatvid._options.accepted import MeasureOptions
from heatvid._options.documenting import documented
from heatvid._options.options import Options, make_options, option_fields
from heatvid._plan.make import norm_of
from heatvid._values.limits import FieldLimits

_WANTED = (
    "input", "norm", "vmin", "vmax", "percentiles", "gamma", "center", "linthresh", "smooth",
    "progress",
)  # fmt: skip
_NAMES = tuple(option.name for option in option_fields(_WANTED))


@documented(*_WANTED)
def measure(source: Any, **options: Unpack[MeasureOptions]) -> FieldLimits:
    """Find the limits that :func:`render` would find, without rendering.

    Give them to ``render``, ``VideoWriter`` or ``to_rgb`` as ``limits``, and all of these show
    their values in the same colours.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens, other than an iterator.
    {options}

    Returns
    -------
    Limits or tuple of three Limits
        ``(vmin, vmax)``, the values of the first and the last colour, as floats; of red, green
        and blue with ``channel="rgb"``.

    Raises
    ------
    UsageError
        The source or an option cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> measure(np.array([[[0.5, 2.0]], [[np.nan, 3.0]]]))
    Limits(vmin=0.5, vmax=3.0)
    """
    checked = make_options(options, allowed=_NAMES)
    demand_limits(checked)
    where_it_lies, _ = adopted(checked, source)
    with open_feed(checked, where_it_lies) as feed:
        limits, _ = feed.measure()
    assert limits is not None, "limits that move are no option here"
    return limits


def demand_limits(options: Options) -> None:
    """Refuse norms that have no limits."""
    kind = norm_of(options).kind
    if kind in ("labels", "identity"):
        raise OptionError(
            f"norm: got {kind!r}; allowed are norms with limits, as values number the colours there"
        )
