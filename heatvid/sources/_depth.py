"""Depth that a video holds as 12-bit codes: into such codes, and back to metres."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid._values.depth_codes import DepthCodes
from heatvid.sources._base import Source

_INFO = os.path.join("meta", "info.json")
_MOST_FOLDERS = 6  # from a video up to its dataset
_MOST_INFO_BYTES = 16 << 20


class _Within(Source):
    """A source whose frames are another's, computed anew."""

    def __init__(self, inner: Source, dtype: Any) -> None:
        self._inner = inner
        self.name, self.length, self.names = inner.name, inner.length, inner.names
        self.frame_shape, self.fps, self.about = inner.frame_shape, inner.fps, inner.about
        self.rewindable, self.concurrent = inner.rewindable, inner.concurrent
        self.chunk, self.compressed = inner.chunk, inner.compressed
        self.dtype = np.dtype(dtype)

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        frames = np.empty((count, *self.frame_shape), self.dtype) if out is None else out
        scratch = np.empty((1, *self._inner.buffer_shape), self._inner.dtype)
        done = 0
        while done < count and len(read := self._inner.read(start + done, 1, scratch)):
            self._compute(read[0], frames[done])
            done += 1
        self.length = self._inner.length
        return frames[:done]

    def _compute(self, frame: AnyArray, out: AnyArray) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Close the source within."""
        self._inner.close()


class CodedSource(_Within):
    """Depth as codes, uint16 from 0 to 4095."""

    def __init__(self, inner: Source, codes: DepthCodes) -> None:
        assert len(inner.frame_shape) == 2, "one value a pixel"
        super().__init__(inner, np.uint16)
        self._codes = codes

    def _compute(self, frame: AnyArray, out: AnyArray) -> None:
        self._codes.encode(frame, out)


class DepthSource(_Within):
    """Metres, float32, of a video of codes."""

    def __init__(self, inner: Source, codes: DepthCodes) -> None:
        super().__init__(inner, np.float32)
        self._codes = codes
        self.about = replace(inner.about, name="depth", units="m")

    def _compute(self, frame: AnyArray, out: AnyArray) -> None:
        self._codes.decode(frame, out)


def codes_of(path: str, comment: str) -> DepthCodes | None:
    """How a video of 12-bit gray holds depth: by its own comment, or by its dataset's info.

    Parameters
    ----------
    path : str
        Of the video. Folders above it are searched for ``meta/info.json``, whose features have
        the names of folders on the way.
    comment : str
        Of the video.
    """
    own = _object(comment).get("depth")
    if isinstance(own, dict) and (codes := DepthCodes.of_fields(own)) is not None:
        return codes
    folder = os.path.dirname(os.path.abspath(path))
    for _ in range(_MOST_FOLDERS):
        info = os.path.join(folder, _INFO)
        if os.path.isfile(info):
            return _of_dataset(info, os.path.relpath(path, folder).split(os.sep))
        folder = os.path.dirname(folder)
    return None


def _of_dataset(info: str, parts: list[str]) -> DepthCodes | None:
    try:
        with open(info, encoding="utf-8") as file:
            features = _object(file.read(_MOST_INFO_BYTES)).get("features")
    except (OSError, UnicodeDecodeError):
        return None
    for name, feature in (features if isinstance(features, dict) else {}).items():
        if name in parts and isinstance(feature, dict):
            said = feature.get("info", feature.get("video_info"))
            return DepthCodes.of_fields(said if isinstance(said, dict) else feature)
    return None


def _object(text: str) -> dict[str, Any]:
    """What a JSON text says, where it is an object."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
