"""Choosing one array of a file that holds several, for every such format."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable

from heatvid._errors import SourceError, brief, printable

_KEYS_SHOWN = 20


def choose_key(
    label: str,
    keys: Collection[str],
    wanted: str | None,
    describe: Callable[[str], tuple[bool, str]],
) -> str:
    """Find the key that was asked for, or the only one whose array could be frames.

    Parameters
    ----------
    label : str
        The file, for messages.
    keys : collection of str
        Of all arrays; one or more.
    wanted : str or None
        The option ``key``.
    describe : callable
        Says of a key whether its array could be frames, and its shape and dtype in words; asked
        only where there is a choice.

    Raises
    ------
    SourceError
        There is no such key, or more than one array could be frames; the message lists them.
    """
    if wanted is not None:
        if wanted in keys:
            return wanted
        close = difflib.get_close_matches(wanted, keys, n=5, cutoff=0.5)
        others = close + [other for other in keys if other not in close]
        listed = _listed(map(brief, others))
        raise SourceError(f"{label}: has no key {brief(wanted)}; allowed are {listed}")
    if len(keys) == 1:
        return next(iter(keys))
    described = {key: describe(key) for key in keys}
    frames = [key for key, (plausible, _) in described.items() if plausible]
    if len(frames) == 1:
        return frames[0]
    listed = _listed(f"{brief(key)} {words}" for key, (_, words) in described.items())
    raise SourceError(
        f"{label}: holds {len(keys)} arrays; say which one with key= (--key): {listed}"
    )


def _listed(items: Iterable[str]) -> str:
    every = list(items)
    more = [f"and {len(every) - _KEYS_SHOWN} more"] if len(every) > _KEYS_SHOWN else []
    return ", ".join(printable(item) for item in every[:_KEYS_SHOWN] + more)
