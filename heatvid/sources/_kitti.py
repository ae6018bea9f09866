"""KITTI's optical flow in PNG files of three channels of 16 bits: two of motion, one of validity.

https://www.cvlibs.net/datasets/kitti/eval_scene_flow.php?benchmark=flow, its development kit
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray
from heatvid.sources._files import FrameFile
from heatvid.sources._images import open_image

_ZERO, _STEPS = 2.0**15, 64.0  # stored for no motion, and for one pixel more


def holds_flow(path: str) -> bool:
    """Whether an image has three channels of 16 bits."""
    with open_image(path) as file:
        return _is_flow(file)


@contextmanager
def open_flow(path: str) -> Iterator[FrameFile]:
    """Open an image as flow of shape (H, W, 2), NaN where it is not valid."""
    with open_image(path) as file:
        if not _is_flow(file):
            raise SourceError(
                f"{called(path)}: is {file.shape} {file.dtype}, the first file is flow in three "
                "channels of 16 bits; all frames need one kind"
            )

        def load(out: AnyArray) -> None:
            stored = np.empty(file.shape, file.dtype)
            file.load(stored)
            out[...] = stored[..., :2]
            out -= _ZERO
            out /= _STEPS
            out[stored[..., 2] == 0] = np.nan

        yield FrameFile((*file.shape[:2], 2), np.dtype(np.float32), load)


def _is_flow(file: FrameFile) -> bool:
    return len(file.shape) == 3 and file.shape[2] == 3 and file.dtype == np.uint16
