"""Depth that a video holds as 12-bit codes: into such codes, and back to metres."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from heatvid._frames import AnyArray
from heatvid._values.depth_codes import DepthCodes
from heatvid.sources._base import Source
from heatvid.sources._decoded import DecodedSource

_INFO = os.path.join("meta", "info.json")
_MOST_FOLDERS = 6  # from a video up to its dataset
_MOST_INFO_BYTES = 16 << 20


@dataclass(frozen=True)
class Encoded:
    """Depth to codes, uint16 from 0 to 4095."""

    codes: DepthCodes
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.uint16)
    changes: ClassVar[bool] = True
    missing: ClassVar[tuple[float, ...]] = ()

    def decode(self, stored: AnyArray, out: AnyArray) -> None:
        """Fill ``out`` with the codes of depths, frame by frame."""
        for frame, place in zip(stored, out, strict=True):
            self.codes.encode(frame, place)


@dataclass(frozen=True)
class Metres:
    """Codes to metres, float32."""

    codes: DepthCodes
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.float32)
    changes: ClassVar[bool] = True
    missing: ClassVar[tuple[float, ...]] = ()

    def decode(self, stored: AnyArray, out: AnyArray) -> None:
        """Fill ``out`` with the metres of codes, frame by frame."""
        for frame, place in zip(stored, out, strict=True):
            self.codes.decode(frame, place)


def in_metres(source: Source, codes: DepthCodes) -> Source:
    """The depth that a video of codes holds."""
    depth = DecodedSource(source, Metres(codes))
    depth.about = replace(depth.about, name="depth", units="m")
    return depth


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
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
