"""The colour wheel of optical flow: hue is direction, saturation is magnitude.

The wheel and the formula are those of S. Baker et al., A Database and Evaluation Methodology for
Optical Flow, Int. J. Comput. Vis. 92, 2011, as in their program ``colorcode``: 55 hues from red
over yellow, green, cyan, blue and magenta, paler towards the centre, darker beyond the limit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray

# Hues between red, yellow, green, cyan, blue, magenta and red again, as the eye tells them apart.
STEPS = (15, 6, 4, 11, 13, 6)
BEYOND = 0.75  # of the brightness, where the flow is longer than the limit
UNKNOWN = 1e9  # and more is no motion, but the mark of none, in the files of that evaluation
ROUNDING = 1e-6  # by which the longest flow itself may come out longer

# The arctangent of t in 0..1 in hues of the wheel, 54 in a full turn: of the odd polynomials
# ``t * (c0 + c1 t² + … + c7 t¹⁴)`` that whose largest error is least, 5e-7 of a hue. Sums and
# products round alike everywhere; libraries' arctangents do not.
ARCTANGENT = (
    8.594361305236816, -2.864490509033203, 1.7142810821533203, -1.1953586339950562,
    0.8286858201026917, -0.48053106665611267, 0.18789827823638916, -0.03484643995761871,
)  # fmt: skip
HALF_TURN, QUARTER_TURN = 27.0, 13.5


@lru_cache(maxsize=1)
def color_wheel() -> NDArray[np.uint8]:
    """The hues, shape (55, 3) uint8, from the direction of negative u on."""
    corners = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]])
    hues = []
    for i, steps in enumerate(STEPS):
        start, end = corners[i], corners[(i + 1) % 6]
        rising = np.floor(255 * np.arange(steps) / steps)[:, None]
        up, down = (end > start)[None], (end < start)[None]
        hues.append(start * 255 + up * rising - down * rising)
    return np.concatenate(hues).astype(np.uint8)


def full_length(longest: float, kind: type[np.float32 | np.float64]) -> np.floating[Any]:
    """The length of full saturation as a divisor that ``kind`` has: 1 where nothing moves."""
    ends = np.finfo(kind)
    return kind(min(max(longest, float(ends.tiny)), float(ends.max)) if longest > 0 else 1.0)


def known_flow(flow: AnyArray) -> AnyArray:
    """Flow, shape (..., 2), with NaN for both where either is unknown: NaN, infinite or marked."""
    bound = np.float64(UNKNOWN)
    if flow.dtype.kind != "f" or (flow.min() > -bound and flow.max() < bound):
        return flow
    parts = np.stack([flow[..., 0], flow[..., 1]])
    sizes = np.abs(parts)
    parts[:, ~((sizes[0] < bound) & (sizes[1] < bound))] = np.nan
    return np.moveaxis(parts, 0, -1)
