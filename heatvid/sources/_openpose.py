"""OpenPose's .float files of heat maps: how many axes, their lengths and the values, all floats.

https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/advanced/heatmap_output.md
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from heatvid._errors import SourceError, brief
from heatvid._frames import AnyArray
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import FrameFile
from heatvid.sources._members import open_file
from heatvid.sources._pfm import demand_size

_STORED = np.dtype("<f4")
_MOST_LENGTH = 1 << 24  # beyond it not every whole number is a float


@contextmanager
def open_openpose(path: str) -> Iterator[FrameFile]:
    """Open a file of shape (C, H, W): body parts, the background, affinities; or (H, W)."""
    with open_file(path) as file:
        head = np.frombuffer((file.read(16) or b"")[: file.size // 4 * 4], _STORED)
        shape = _shape(head)
        if shape is None:
            begins = brief(head.tobytes()[:12])
            raise SourceError(
                f"{file.label}: is no .float file (it begins with {begins}); it has to begin with "
                "how many axes it has, 2 or 3, and their lengths"
            )
        begin = (1 + len(shape)) * _STORED.itemsize
        demand_size(file, begin, (*shape[-2:], *shape[:-2]))

        def load(out: AnyArray) -> None:
            file.read_exactly(out, begin)
            make_native(out, _STORED)

        yield FrameFile(shape, np.dtype(np.float32), load)


def _shape(head: AnyArray) -> tuple[int, ...] | None:
    """Read whole numbers, the first of which says how many follow."""
    axes = int(head[0]) if len(head) and head[0] in (2, 3) else 0
    lengths = head[1 : 1 + axes].tolist()
    whole = all(0 <= length <= _MOST_LENGTH and length == int(length) for length in lengths)
    return tuple(map(int, lengths)) if 0 < axes == len(lengths) and whole else None
