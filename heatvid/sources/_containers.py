"""Containers of named arrays: which of them is shown, and arrays of one frame each as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from heatvid._errors import SourceError, brief, printable
from heatvid._frames import AnyArray
from heatvid.sources._about import About
from heatvid.sources._axes import holds_stacks
from heatvid.sources._cf import text
from heatvid.sources._chunks import Index
from heatvid.sources._dtypes import is_real
from heatvid.sources._files import natural_key
from heatvid.sources._keys import Chosen, choose_key
from heatvid.sources._reading import reading
from heatvid.sources._stored import StoredArray, StoredSource, open_stored

_COORDINATES = (
    "lat", "lon", "latitude", "longitude", "xlat", "xlong", "nav_lat", "nav_lon", "crs",
)  # fmt: skip
_BOUNDS = ("_bnds", "_bounds", "_bnd")


@dataclass(frozen=True)
class Container:
    """A file or store of arrays.

    Attributes
    ----------
    label : str
        For messages.
    keys : sequence of str
        Of all arrays, nested ones as ``group/name``.
    open : callable
        Of a key: its array.
    close : callable
        Close all of it.
    maps : bool
        Whether maps may be what is shown where there are sequences beside them.
    links : collection of str
        Other names of arrays, by which they are opened where they are asked for.
    others : sequence of str
        What is there beside arrays of numbers, in words.
    """

    label: str
    keys: Sequence[str]
    open: Callable[[str], StoredArray]
    close: Callable[[], None]
    maps: bool = False
    links: Collection[str] = ()
    others: Sequence[str] = ()


def open_in(
    label: str,
    begin: Callable[[ExitStack], Container],
    key: str | None,
    layout: str | None,
    channel: int | str | None,
    select: Mapping[str, Any] | None,
) -> StoredSource:
    """Open an array of what ``begin`` opens, and leaves to a stack that the container closes."""
    closing = ExitStack()
    try:
        with reading(label):
            container = begin(closing)
    except BaseException:
        closing.close()
        raise
    return open_container(container, key, layout, channel, select)


def open_container(
    container: Container,
    key: str | None,
    layout: str | None,
    channel: int | str | None,
    select: Mapping[str, Any] | None,
) -> StoredSource:
    """Open one array as frames, or a group of arrays of one frame each; closed with the source."""
    try:
        found = choose_in(container, key, layout, channel)
        return open_found(container, found, layout, channel, select)
    except BaseException:
        container.close()
        raise


class Found(NamedTuple):
    """What is shown of a container.

    Attributes
    ----------
    key : str
    members : tuple of str
        Keys of the arrays that it is made of: one, or one a frame.
    about : About
        Which others there are, and what was chosen or joined where the caller had not.
    """

    key: str
    members: tuple[str, ...]
    about: About


def choose_in(
    container: Container, key: str | None, layout: str | None, channel: int | str | None
) -> Found:
    """Choose an array, or those of one frame each that a name or a group stands for."""
    if not container.keys:
        but = f" of real numbers, but {', '.join(container.others)}" * bool(container.others)
        raise SourceError(
            f"{container.label}: holds no arrays{but}; allowed are arrays of real numbers"
        )
    names = _names(container, layout, channel)
    if key and key.strip("/") not in names:
        names |= _asked_for(container, key.strip("/"))
    chosen = choose_key(container.label, names, key, _describer(container, names))
    members = names[chosen.key]
    note = _note(container.label, chosen, members, key)
    return Found(chosen.key, members, About(chosen.key, arrays=chosen.arrays, note=note))


def open_found(
    container: Container,
    found: Found,
    layout: str | None,
    channel: int | str | None,
    select: Mapping[str, Any] | None = None,
) -> StoredSource:
    """Open what was chosen; ``layout`` is of all frames, or of each array of one."""
    several = len(found.members) > 1
    array = container.open(found.members[0])
    if several:
        array = _stacked(container, found.key, found.members)
        layout = layout if layout is None or "T" in layout.upper() else f"T{layout}"
    source = open_stored(
        replace(array, close=container.close), layout=layout, channel=channel, select=select,
        about=found.about,
    )  # fmt: skip
    if several:
        source.names = _short(found.members)
    return source


def _short(members: Sequence[str]) -> tuple[str, ...]:
    """Names of arrays in one group; of one in each of several, where they lie."""
    names = tuple(member.rpartition("/")[2] for member in members)
    return names if len(set(names)) == len(names) else tuple(members)


def _note(label: str, chosen: Chosen, members: Sequence[str], key: str | None) -> str:
    """Say what was chosen, or joined, where the caller had not."""
    if len(members) == 1 or key is not None:
        return chosen.note
    joined = f"{brief(members[0])} to {brief(members[-1])}, as its frames"
    return chosen.note or f"{label}: shows {len(members)} arrays, {joined} (--key)"


def _names(
    container: Container, layout: str | None, channel: int | str | None
) -> dict[str, tuple[str, ...]]:
    """What may be chosen: single arrays, and numbered ones of one frame each as ``name*``.

    The number may be that of the group that they lie in.
    """
    series: dict[str, list[str]] = {}
    for key in sorted(container.keys, key=natural_key):
        found = re.fullmatch(r"(.*?)[0-9]+([^0-9]*)", key, re.DOTALL)
        series.setdefault(f"{found[1]}*{found[2]}" if found else key, []).append(key)
    names: dict[str, tuple[str, ...]] = {}
    for name, members in series.items():
        if len(members) > 1 and _is_frame(container.open(members[0]), layout, channel):
            names[name] = tuple(members)
        else:
            names |= {member: (member,) for member in members}
    return names


def _is_frame(array: StoredArray, layout: str | None, channel: int | str | None) -> bool:
    """Whether one of numbered arrays is a frame, of channels too where these are asked for."""
    plain = array.dims is None and len(array.shape) == 3
    return len(_long(array)) == 2 or (plain and not holds_stacks(array.shape, layout, channel))


def _asked_for(container: Container, key: str) -> dict[str, tuple[str, ...]]:
    """One of numbered arrays, or a link; or those of a group as frames in natural order."""
    if key in container.keys or key in container.links:
        return {key: (key,)}
    members = [each for each in container.keys if each.rpartition("/")[0] == key]
    return {key: tuple(sorted(members, key=natural_key))} if members else {}


def _long(array: StoredArray) -> list[int]:
    return [length for length in array.shape if length > 1]


def _describer(
    container: Container, names: Mapping[str, tuple[str, ...]]
) -> Callable[[str], tuple[bool, str]]:
    """Say of each name whether it could be frames: not coordinates, and maps by themselves.

    All are looked at when the first is asked for.
    """
    looked: dict[str, tuple[int, str]] = {}

    def look() -> None:
        arrays = {name: container.open(members[0]) for name, members in names.items()}
        beside = {word for array in arrays.values() for attribute in ("coordinates", "bounds")
                  for word in text(array.attributes.get(attribute, "")).split()}  # fmt: skip
        for name, array in arrays.items():
            count = len(names[name])
            axes = len(_long(array)) + (count > 1)
            if _is_beside(name, array, beside) or not is_real(array.dtype) or 0 in array.shape:
                axes = 0
            looked[name] = axes, _words(array, count)

    def describe(name: str) -> tuple[bool, str]:
        if not looked:
            look()
        most = max(axes for axes, _ in looked.values())
        axes, words = looked[name]
        return axes >= (3 if most >= 3 and not container.maps else 2), words

    return describe


def _is_beside(name: str, array: StoredArray, named: set[str]) -> bool:
    """Whether an array says where others lie."""
    bare = name.rpartition("/")[2]
    along = array.dims is not None and len(array.dims) == 1
    return along or bare in named or bare.lower() in _COORDINATES or bare.endswith(_BOUNDS)


def _words(array: StoredArray, count: int) -> str:
    if not is_real(array.dtype):
        return "(no real array)"
    shape = ", ".join(map(str, array.shape))
    if array.dims:
        shape = ", ".join(f"{name} {n}" for name, n in zip(array.dims, array.shape, strict=True))
    several = f"{count} x " if count > 1 else ""
    return printable(f"{several}({shape}) {array.dtype.name}")


def _stacked(container: Container, name: str, members: Sequence[str]) -> StoredArray:
    """Join arrays of one frame each; each is looked at now."""
    arrays = [container.open(member) for member in members]
    first = arrays[0]
    for array in arrays:
        array.demand()
        if (array.shape, array.dtype) != (first.shape, first.dtype):
            raise SourceError(
                f"{array.name}: is {array.shape} {array.dtype.name}, the first is {first.shape} "
                f"{first.dtype.name}; all frames need one shape and dtype (--key shows one)"
            )

    def read(index: Index, out: AnyArray) -> None:
        which, rest = index[0], index[1:]
        if isinstance(which, int):
            arrays[which].read(rest, out)
        else:
            for array, place in zip(arrays[which], out, strict=True):
                array.read(rest, place)

    return replace(
        first,
        name=f"{container.label}[{printable(name)}]",
        key=name,
        shape=(len(arrays), *first.shape),
        read=read,
        dims=None if first.dims is None else ("frame", *first.dims),
        chunks=None,
        unwritten=None,
    )
