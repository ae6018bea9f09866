"""Opacity of flow by its length, which its colours have no table for: as masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.flow_wheel import known_flow
from heatvid._frames import AnyArray
from heatvid._values.channels import reduce_channels
from heatvid._values.index import resampled_dtype
from heatvid._values.sampling import gaussian_kernel, smoothed


class LengthRamp:
    """Masks that are transparent up to one length of motion, and full from another one on.

    Parameters
    ----------
    ramp : (float, float)
    sigma : float
        Of the Gaussian that the flow is smoothed with, 0 for none.
    """

    def __init__(self, ramp: tuple[float, float], sigma: float) -> None:
        self._low, self._high = ramp
        self._kernel = gaussian_kernel(sigma) if sigma else None

    def read(self, flow: Any, out: NDArray[np.float32]) -> None:
        """Fill the front of ``out``, shape (n, H, W), with the opacity of flow, (n, H, W, 2).

        Unknown flow, which has the bad colour, is full.
        """
        for frame, opacity in zip(np.asarray(flow), out, strict=False):
            with np.errstate(all="ignore"):
                length = reduce_channels(self._smoothed(known_flow(frame)), "norm")
            opacity[...] = self._opacity(length.astype(np.float64))

    def _opacity(self, length: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._high <= self._low:
            opacity = np.where(length >= self._low, 1.0, 0.0)
        else:
            span = self._high / 2 - self._low / 2  # halves do not overflow
            opacity = np.clip((length / 2 - self._low / 2) / span, 0.0, 1.0)
        return np.where(np.isnan(length), 1.0, opacity)

    def _smoothed(self, flow: AnyArray) -> AnyArray:
        if self._kernel is None:
            return flow
        given = flow.astype(resampled_dtype(flow.dtype))
        out = np.empty_like(given)
        for i in range(2):
            part = np.empty(given.shape[:2], given.dtype)
            smoothed(np.ascontiguousarray(given[..., i]), self._kernel, part)
            out[..., i] = part
        return out
