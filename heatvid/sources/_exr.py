"""OpenEXR files: a channel, or a group of colours, of one part, placed in the display window."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np

from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray
from heatvid.sources._about import About
from heatvid.sources._exr_header import Part, Window, read_parts
from heatvid.sources._files import FrameFile
from heatvid.sources._keys import Chosen, choose_key
from heatvid.sources._members import open_file
from heatvid.sources._packages import demand_package
from heatvid.sources._printed import printed
from heatvid.sources._reading import demand_plausible, reading

# OpenCV writes depth as luminance, other writers as a layer.
_PREFERRED = ("z", "depth.z", "depth", "depth.v", "y", "v", "disparity", "rgb", "rgba")
_COLOURS = ("R", "G", "B", "A")


class Shown(NamedTuple):
    """What is shown of a file: channels of one part."""

    part: int
    channels: tuple[str, ...]


def choose_exr(
    path: str, key: str | None
) -> tuple[Callable[[str], AbstractContextManager[FrameFile]], About]:
    """Choose what is shown of files like the first: how each is opened, and what is known."""
    demand_package("OpenEXR", f"{called(path)}: OpenEXR")
    with open_file(path) as file:
        chosen = _choose(file.label, read_parts(file), key)
    about = About(name=chosen.key, arrays=chosen.arrays, note=chosen.note)
    return partial(open_exr, key=chosen.key), about


@contextmanager
def open_exr(path: str, key: str) -> Iterator[FrameFile]:
    """Open a file of shape (H, W), or (H, W, C) of colours; outside its pixels is NaN."""
    with open_file(path) as file:
        parts = read_parts(file)
        shown = _shown(parts)[_choose(file.label, parts, key).key]
        part = parts[shown.part]
        dtype = _dtype(part, shown.channels)
        for window in (part.data, part.display):
            declared = math.prod(window.shape) * len(shown.channels) * dtype.itemsize
            demand_plausible(file.label, declared, file.size)
        colours = (len(shown.channels),) if len(shown.channels) > 1 else ()

        def load(out: AnyArray) -> None:
            with reading(file.label):
                file.seek(0)
                planes = _decoded(file.read(), shown)
            _place(planes, part, out if colours else out[..., np.newaxis])

        yield FrameFile((*part.display.shape, *colours), dtype, load)


def _choose(label: str, parts: Sequence[Part], key: str | None) -> Chosen:
    shown = _shown(parts)
    if not shown:
        raise SourceError(f"{label}: holds no channels of a value a pixel")
    if key is None:  # what is one of several colours is shown with them
        grouped = {(each.part, (name,)) for each in shown.values() if len(each.channels) > 1
                   for name in each.channels}  # fmt: skip
        shown = {name: each for name, each in shown.items() if tuple(each) not in grouped}
    return choose_key(label, shown, key, partial(_describe, parts, shown), _PREFERRED)


def _shown(parts: Sequence[Part]) -> Mapping[str, Shown]:
    """Name what may be chosen: channels, and colours together; with their part if need be."""
    every = [(part.name or str(i), name, Shown(i, channels))
             for i, part in enumerate(parts) for name, channels in _groups(part)]  # fmt: skip
    names = [name for _, name, _ in every]
    return {name if names.count(name) == 1 else f"{part}/{name}": shown
            for part, name, shown in every}  # fmt: skip


def _groups(part: Part) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each channel by itself; and red, green and blue of a layer together, with alpha."""
    for name in part.channels:
        yield name, (name,)
        layer = name.removesuffix("R")
        colours = [layer + colour for colour in _COLOURS if layer + colour in part.channels]
        if layer != name and len(colours) >= 3 and not colours[2].endswith("A"):
            yield f"{layer}{''.join(_COLOURS[: len(colours)])}", tuple(colours)


def _describe(parts: Sequence[Part], shown: Mapping[str, Shown], name: str) -> tuple[bool, str]:
    part, channels = parts[shown[name].part], shown[name].channels
    height, width = part.display.shape
    many = f", {len(channels)}" if len(channels) > 1 else ""
    return True, f"({height}, {width}{many}) {_dtype(part, channels).name}"


def _dtype(part: Part, channels: Sequence[str]) -> np.dtype[np.generic]:
    """The smallest type that holds all channels, and NaN where there are no pixels."""
    kinds = [part.channels[name] for name in channels]
    covered = _overlap(part.data, part.display) == part.display
    return np.result_type(*kinds) if covered else np.result_type(*kinds, np.float16)


def _overlap(one: Window, other: Window) -> Window:
    return Window(max(one.left, other.left), max(one.top, other.top),
                  min(one.right, other.right), min(one.bottom, other.bottom))  # fmt: skip


def _decoded(content: bytes, shown: Shown) -> list[AnyArray]:
    """The pixels of each channel, in the data window.

    Of a path, the library would leave the file open where it fails. Parts that it cannot decode it
    leaves out, and prints why.
    """
    import OpenEXR

    with printed() as words:
        file = OpenEXR.File(io.BytesIO(content), separate_channels=True, num_threads=0)
    part = next((part for part in file.parts if part.part_index == shown.part), None)
    if part is None:
        raise ValueError(words.getvalue().partition(" - ")[2] or "its pixels are damaged")
    return [part.channels[name].pixels for name in shown.channels]


def _place(planes: Sequence[AnyArray], part: Part, out: AnyArray) -> None:
    """Lay channels, of the data window, into ``out``, (H, W, C) of the display window."""
    data, display = part.data, part.display
    both = _overlap(data, display)
    if both != display:
        out[...] = np.nan
    if min(both.shape) < 1:
        return
    into, of = (
        np.s_[both.top - window.top : both.bottom + 1 - window.top,
              both.left - window.left : both.right + 1 - window.left]
        for window in (display, data)
    )  # fmt: skip
    for i, plane in enumerate(planes):
        if plane.shape != data.shape:
            raise ValueError(f"its pixels are {plane.shape}, its window {data.shape}")
        out[..., i][into] = plane[of]
