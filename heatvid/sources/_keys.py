"""Choosing one array of a file that holds several, for every such format."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from heatvid._errors import SourceError, brief, printable

# What models call their predictions, the likelier first; capitals do not matter.
PREFERRED = (
    "depths", "depth", "disp", "disparity", "saliency", "heatmap", "probabilities", "softmax",
    "flow", "masks", "point_map",
)  # fmt: skip
_KEYS_SHOWN = 20


class Chosen(NamedTuple):
    """One array of a file.

    Attributes
    ----------
    key : str
    arrays : tuple of str
        All of them, in words, where there are several and none was asked for.
    note : str
        What was chosen, where others would have done as well.
    """

    key: str
    arrays: tuple[str, ...] = ()
    note: str = ""


def choose_key(
    label: str,
    keys: Collection[str],
    wanted: str | None,
    describe: Callable[[str], tuple[bool, str]],
    preferred: Collection[str] = PREFERRED,
) -> Chosen:
    """Find the key that was asked for, the one that models use, or the only one of frames.

    Parameters
    ----------
    label : str
        The file, for messages.
    keys : collection of str
        Of all arrays; one or more. Of nested ones, ``group/name``, the name counts.
    wanted : str or None
        The option ``key``.
    describe : callable
        Says of a key whether its array could be frames, and its shape and dtype in words; asked
        only where there is a choice.
    preferred : collection of str
        Usual names, in small letters, the likelier first.

    Raises
    ------
    SourceError
        There is no such key, or more than one array could be frames and none has a usual name;
        the message lists them.
    """
    if wanted is not None:
        return Chosen(_asked_for(label, keys, wanted))
    if len(keys) == 1:
        return Chosen(next(iter(keys)))
    described = {key: describe(key) for key in keys}
    arrays = tuple(f"{brief(key)} {words}" for key, (_, words) in described.items())
    frames = [key for key, (plausible, _) in described.items() if plausible]
    if len(frames) == 1:
        return Chosen(frames[0], arrays)
    usual = _usual(frames, preferred)
    if usual is not None:
        others = _listed(brief(key) for key in frames if key != usual)
        return Chosen(usual, arrays, f"{label}: shows {brief(usual)}, not {others} (--key)")
    which = f", of which {len(frames)} could be frames" if 0 < len(frames) < len(keys) else ""
    shown = _listed(f"{brief(key)} {described[key][1]}" for key in frames or keys)
    raise SourceError(
        f"{label}: holds {len(keys)} arrays{which}; say which one with key= (--key): {shown}"
    )


def _asked_for(label: str, keys: Collection[str], wanted: str) -> str:
    for key in (wanted, wanted.strip("/")):
        if key in keys:
            return key
    close = difflib.get_close_matches(wanted, keys, n=5, cutoff=0.5)
    others = close + [other for other in keys if other not in close]
    listed = _listed(map(brief, others))
    raise SourceError(f"{label}: has no key {brief(wanted)}; allowed are {listed}")


def _usual(frames: Collection[str], preferred: Collection[str]) -> str | None:
    """The key of the likeliest name; None where there is none, or it is there twice."""
    for name in preferred:
        found = [key for key in frames if key.rpartition("/")[2].lower() == name]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _listed(items: Iterable[str]) -> str:
    every = list(items)
    more = [f"and {len(every) - _KEYS_SHOWN} more"] if len(every) > _KEYS_SHOWN else []
    return ", ".join(printable(item) for item in every[:_KEYS_SHOWN] + more)
