"""Depth as 12-bit codes that videos keep, as LeRobot's datasets store it, and back to metres."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError
from heatvid._frames import AnyArray

LAST_CODE = 4095
_MILLIMETRES = 1000.0


@dataclass(frozen=True)
class DepthCodes:
    """A quantisation of depth in metres to codes 0 to 4095, finer near than far.

    ``code = rint(4095 (log(d + shift) - log(low + shift)) / (log(high + shift) - log(low +
    shift)))``, or in proportion where not ``log``; computed in float32. The formula is that of
    LeRobot 0.6 (``lerobot/datasets/depth_utils.py``), after BEHAVIOR-1K.

    Attributes
    ----------
    low, high : float
        Metres of the first code and of the last; what lies beyond is cut.
    shift : float
        Metres that are added before the logarithm.
    log : bool
        Whether steps grow with the depth.

    Raises
    ------
    OptionError
        There is no such scale.
    """

    low: float = 0.01
    high: float = 10.0
    shift: float = 3.5
    log: bool = True

    def __post_init__(self) -> None:
        numbers = (self.low, self.high, self.shift)
        if not all(map(math.isfinite, numbers)) or not self.low < self.high:
            raise OptionError(
                f"depth: got {self.low:g} to {self.high:g} metres; allowed is low < high"
            )
        if self.log and self.low + self.shift <= 0:
            raise OptionError(
                f"depth: got {self.low:g} metres for the first code; allowed is more than "
                f"{-self.shift:g}, which the logarithm is shifted by"
            )

    def encode(self, depth: AnyArray, out: NDArray[np.uint16]) -> None:
        """Fill ``out`` with the codes of ``depth``: metres where it is float, else millimetres.

        NaN, which no code stands for, is given code 0.
        """
        scale = 1.0 if depth.dtype.kind == "f" else _MILLIMETRES
        low, high, shift = (np.float32(x * scale) for x in (self.low, self.high, self.shift))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            values = depth.astype(np.float32)
            if self.log:
                first, last = math.log(float(low + shift)), math.log(float(high + shift))
                places = (np.log(values + shift) - np.float32(first)) / np.float32(last - first)
            else:
                places = (values - low) / (high - low)
            codes = np.rint(places * np.float32(LAST_CODE))
        np.clip(np.nan_to_num(codes, copy=False, nan=0.0), 0, LAST_CODE, out=codes)
        out[...] = codes

    def decode(self, codes: AnyArray, out: NDArray[np.float32]) -> None:
        """Fill ``out`` with the metres of ``codes``."""
        out[...] = self._metres[np.minimum(codes, LAST_CODE)]

    @cached_property
    def _metres(self) -> NDArray[np.float32]:
        """Metres of every code."""
        codes = np.arange(LAST_CODE + 1, dtype=np.float64)
        if not self.log:
            metres = codes * ((self.high - self.low) / LAST_CODE) + self.low
        else:
            first, last = math.log(self.low + self.shift), math.log(self.high + self.shift)
            metres = np.exp(codes * ((last - first) / LAST_CODE) + first) - self.shift
        with np.errstate(over="ignore"):
            return np.clip(metres, self.low, self.high).astype(np.float32)

    def fields(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """What LeRobot's ``meta/info.json`` says of such a video, under the feature's ``info``."""
        return {
            "is_depth_map": True,
            "video.is_depth_map": True,
            "video.codec": "hevc",
            "video.pix_fmt": "gray12le",
            "video.depth_min": self.low,
            "video.depth_max": self.high,
            "video.shift": self.shift,
            "video.use_log": self.log,
            "depth_unit": "m" if dtype.kind == "f" else "mm",
        }

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> DepthCodes | None:
        """Read what ``meta/info.json`` says; None where it says nothing of depth."""
        try:
            low, high = float(fields["video.depth_min"]), float(fields["video.depth_max"])
            shift = float(fields.get("video.shift", cls.shift))
            return cls(low, high, shift, bool(fields.get("video.use_log", True)))
        except (KeyError, TypeError, ValueError, OverflowError):  # OptionError is a ValueError
            return None
