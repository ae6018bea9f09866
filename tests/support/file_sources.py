"""Sources that are files of a library of their own: OpenEXR, PFM, flow and deep PNG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from heatvid.sources import open_source
from tests.support.exr import save_exr
from tests.support.pictures import save_flo, save_pfm, save_png
from tests.support.sources import CHANNELS, GREY, REMOVED, VALUES, Change, Frames, Given, Kind

FLOW: Frames = CHANNELS[..., :2].copy()
DEEP: Frames = np.random.default_rng(1).integers(0, 65536, (9, 5, 6, 3), np.uint16)
STEPS: Frames = np.arange(9 * 5 * 6 * 2).reshape(9, 5, 6, 2)  # of KITTI's flow, each 1/64


def files(
    name: str,
    suffix: str,
    save: Callable[[Path, Frames], object],
    frames: Frames,
    stored: Frames | None = None,
    *,
    one: bool = False,
    changes: Mapping[str, Change] = REMOVED,
    about: Mapping[str, Any] | None = None,
    **options: Any,
) -> Kind:
    """A folder of files of one frame each, or one of them."""

    def make(folder: Path) -> Given:
        every = frames if stored is None else stored
        paths = [folder / f"frame_{i}{suffix}" for i in range(1 if one else len(every))]
        for path, frame in zip(paths, every, strict=False):
            save(path, frame)
        what = paths[0] if one else folder
        return Given(
            partial(open_source, what, **options), frames[: len(paths)], str(what),
            paths[4 % len(paths)], tuple(path.name for path in paths), about=about or {},
        )  # fmt: skip

    return Kind(name, make, concurrent=True, changes=changes)


def save_kitti(path: Path, steps: Frames) -> None:
    valid = np.where(steps[..., :1] % 7 == 0, 0, 1)
    save_png(path, np.concatenate([steps + 32768, valid], -1).astype(np.uint16))


KITTI: Frames = np.where(STEPS[..., :1] % 7 == 0, np.nan, STEPS / 64).astype(np.float32)
HALVES: Frames = VALUES.astype(np.float16)

FILES = [
    files("folder of PFM", ".pfm", save_pfm, VALUES),
    files("PFM of colours, big-endian", ".pfm", partial(save_pfm, scale=2.5), CHANNELS, one=True,
          channel="rgb"),
    files("folder of .flo", ".flo", save_flo, FLOW, channel="flow"),
    files(".flo, across", ".flo", save_flo, FLOW[..., 0], FLOW, one=True, channel=0),
    files("folder of KITTI's flow", ".png", save_kitti, KITTI, STEPS, channel="flow"),
    files("PNG of deep colours", ".png", save_png, DEEP, one=True, channel="rgb"),
    files("folder of PNG of 4 bits", ".png", partial(save_png, bits=4), GREY % 16),
    files("folder of EXR", ".exr", save_exr, VALUES, about={"name": "Z"}),
    files("EXR of halves", ".exr", partial(save_exr, key="Y"), HALVES, one=True),
    files("folder of EXR, by key", ".exr", partial(save_exr, A=VALUES[0]), VALUES, key="Z"),
]  # fmt: skip
