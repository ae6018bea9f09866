"""PFM files: floats from the bottom up, in the byte order that the sign of their scale says.

The magnitude of the scale is not applied: writers of depth mean nothing by it.
https://www.pauldebevec.com/Research/HDR/PFM/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from heatvid._errors import SourceError, brief
from heatvid._frames import AnyArray
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import FrameFile
from heatvid.sources._members import OpenFile, open_file

_HEADER = re.compile(rb"(P[Ff])\s+([0-9]{1,9})\s+([0-9]{1,9})\s+([-+.0-9eE]{1,30})[ \t\r]*\n")
_HEADER_BYTES = 200


@contextmanager
def open_pfm(path: str) -> Iterator[FrameFile]:
    """Open a file of shape (H, W), or (H, W, 3) of colours."""
    with open_file(path) as file:
        head = file.read(_HEADER_BYTES) or b""
        found = _HEADER.match(head)
        scale = math.nan if found is None else _number(found[4])
        if found is None or not abs(scale) > 0:
            raise SourceError(
                f"{file.label}: is no PFM file (it begins with {brief(head[:12])}); it has to "
                "begin with Pf or PF, width, height and scale, which is not 0"
            )
        width, height = int(found[2]), int(found[3])
        shape = (height, width) if found[1] == b"Pf" else (height, width, 3)
        dtype = np.dtype("<f4" if scale < 0 else ">f4")
        demand_size(file, found.end(), shape)

        def load(out: AnyArray) -> None:
            file.read_exactly(out, found.end())
            make_native(out, dtype)
            out[...] = out[::-1].copy()

        yield FrameFile(shape, np.dtype(np.float32), load)


def _number(text: bytes) -> float:
    """A number; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def demand_size(file: OpenFile, begin: int, shape: tuple[int, ...]) -> None:
    """Refuse a file that does not hold as many values of 4 bytes as its header says."""
    size = "x".join(map(str, shape[1::-1]))
    wanted = begin + 4 * int(np.prod(shape, dtype=object))
    if 0 in shape:
        raise SourceError(f"{file.label}: is of {size} pixels; allowed is 1 or more each way")
    if file.size != wanted:
        raise SourceError(
            f"{file.label}: {size} pixels take {wanted} bytes, it has {file.size}; write it again"
        )
