"""Middlebury's .flo files of optical flow: a magic number, width, height, pairs of floats.

https://vision.middlebury.edu/flow/code/flow-code/README.txt
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

_MAGIC = b"PIEH"  # the float 202021.25
_HEADER_BYTES = 12


@contextmanager
def open_flo(path: str) -> Iterator[FrameFile]:
    """Open a file of shape (H, W, 2): pixels to the right, and down."""
    with open_file(path) as file:
        head = file.read(_HEADER_BYTES) or b""
        if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
            raise SourceError(
                f"{file.label}: is no .flo file (it begins with {brief(head[:12])}); it has to "
                "begin with PIEH, width and height"
            )
        width, height = np.frombuffer(head, "<i4", 2, 4).tolist()
        shape = (max(height, 0), max(width, 0), 2)
        demand_size(file, _HEADER_BYTES, shape)

        def load(out: AnyArray) -> None:
            file.read_exactly(out, _HEADER_BYTES)
            make_native(out, np.dtype("<f4"))

        yield FrameFile(shape, np.dtype(np.float32), load)
