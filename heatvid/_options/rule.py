"""What a rule is, and what options are asked by rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heatvid._options.options import Options

OWN_COLOURS = "own"  # the colormap that is a palette's, of labels therefore


@dataclass(frozen=True)
class Rule:
    """Where options mean something.

    Attributes
    ----------
    names : str
        The options, separated by spaces.
    holds : callable
        Of all options: whether these mean something.
    allowed : str
        When they do; ends the message ``NAME: got VALUE; allowed``.
    """

    names: str
    holds: Callable[[Options], bool]
    allowed: str


def of_labels(o: Options) -> bool:
    own = isinstance(o.cmap, str) and o.cmap == OWN_COLOURS
    return bool(o.norm == "labels" or o.channel == "argmax" or own)


def of_values(o: Options) -> bool:
    """Whether pixels hold values, not colours."""
    return o.encode_depth is not None or str(o.pix_fmt).startswith("gray")


def of_one_value(o: Options) -> bool:
    return o.channel not in ("rgb", "flow")


def has_plain_norm(o: Options) -> bool:
    """Whether the norm is a name, not matplotlib's object."""
    return isinstance(o.norm, str)


def is_measured(o: Options) -> bool:
    """Whether limits are found in the data, by the kind of norm."""
    if not has_plain_norm(o):
        return o.norm.vmin is None or o.norm.vmax is None
    return not of_labels(o) and o.norm not in ("identity", "sigmoid")
