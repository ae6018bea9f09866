"""Names of frames that are files: whether they are one series, and where a folder has some."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from glob import escape, glob

from heatvid._errors import SourceError, called, printable
from heatvid.sources._files import kind_of, natural_key

Ends = tuple[str, str]
_COMPARED = 50


def demand_one_series(label: str, names: Sequence[str], *, counted_twice: bool = False) -> None:
    """Refuse names that count from the same number on more than once: two sequences in one.

    Where they may be ``counted_twice``, ``cam1_7`` and ``cam2_7`` are of one.
    """
    counted = {ends: own for ends, own in _series(names).items() if len(own) > 1}
    compared = list(counted.items())[:_COMPARED]
    beside = [
        ends for ends, own in compared
        if any(own & others and not (counted_twice and _words(ends) == _words(other))
               for other, others in compared if other != ends)
    ]  # fmt: skip
    if beside:
        patterns = [printable(_pattern(ends, beside)) for ends in beside]
        several = "two" if len(beside) == 2 else len(beside)
        raise SourceError(
            f"{label}: holds {several} series, {', '.join(patterns[:-1])} and {patterns[-1]}; "
            "allowed is one; choose it by such a pattern"
        )


def demand_one_series_each(label: str, paths: Iterable[str]) -> None:
    """Refuse two sequences of other words in one folder, among the files that a pattern matches."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, name = os.path.split(path)
        folders.setdefault(folder, []).append(name)
    for names in folders.values():
        demand_one_series(label, names, counted_twice=True)


def deeper(path: str, kinds: Collection[str]) -> str:
    """What to do where folders in a folder hold frames of ``kinds``; empty where they do not."""
    found = sorted(glob(os.path.join(escape(path), "*", "*")), key=natural_key)
    frames = [each for each in found if kind_of(each) in kinds]
    if not frames:
        return ""
    folder, name = os.path.split(frames[0])
    names = [os.path.basename(each) for each in frames if os.path.dirname(each) == folder]
    if any(len(numbers) > 1 for numbers in _series(names).values()):  # a sequence each
        return f"give one of those in it, as {called(folder)}; "
    return f"give {called(os.path.join(path, '*', name))}; "


def _series(names: Iterable[str]) -> dict[Ends, set[int]]:
    """The numbers of names that differ in nothing else, by what stands before and behind them."""
    series: dict[Ends, set[int]] = {}
    for name in sorted(names):
        if found := re.fullmatch(r"(.*?)([0-9]+)([^0-9]*)", name, re.DOTALL):
            series.setdefault((found[1], found[3]), set()).add(int(found[2]))
    return series


def _words(ends: Ends) -> str:
    return re.sub(r"[0-9]+", "#", "#".join(ends))


def _pattern(ends: Ends, others: Iterable[Ends]) -> str:
    """A pattern that only names of this series match."""
    before, behind = ends
    longer = any(
        other != ends and other[0].startswith(before) and other[1].endswith(behind)
        for other in others
    )
    return f"{before}*[0-9]{behind}" if longer else f"{before}*{behind}"
