"""Options of time: when predictions were made, and how fast they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from heatvid._options import checks
from heatvid._options.option import option


@dataclass(frozen=True, kw_only=True)
class TimeOptions:
    """When what is shown was.

    Each of these makes time true: a background and the predictions over it are shown as they were,
    by their own rates, and ``fps`` is that of the output (and of pictures that have none).
    """

    source_fps: Fraction | None = option(
        None, "time", checks.frame_rate,
        "predictions a second, as they were made; each is shown over the pictures of its time, and "
        "the output has the faster rate of the two",
        metavar="N[/D]",
    )  # fmt: skip
    hold: str | None = option(
        None, "time", checks.choice("previous", "nearest", "linear"),
        "what is shown between two predictions: the one before (the default), the nearer one, or "
        "values in between; without source_fps by the times that the source has",
    )  # fmt: skip
    speed: Fraction | None = option(
        None, "time", checks.speed,
        "how many times as fast time passes, at the same rate: 4 shows every fourth frame, 1/2 "
        "each twice",
        metavar="N[/D]",
    )  # fmt: skip
