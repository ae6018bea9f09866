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


def known_flow(flow: AnyArray) -> AnyArray:
    """Flow, shape (..., 2), with NaN for both where either is unknown: NaN, infinite or marked."""
    if flow.dtype.kind != "f":
        return flow
    known = (np.abs(flow) < np.float64(UNKNOWN)).all(-1, keepdims=True)
    return np.where(known, flow, flow.dtype.type(np.nan))


def flow_to_rgb(u: AnyArray, v: AnyArray, longest: float) -> NDArray[np.uint8]:
    """Colour a flow.

    Parameters
    ----------
    u, v : ndarray, shape (H, W), float
        Motion to the right and down, in pixels, finite.
    longest : float
        Magnitude of full saturation.

    Returns
    -------
    ndarray, shape (H, W, 3), uint8
    """
    kind: Any = np.float64 if u.dtype == np.float64 else np.float32
    scale = kind(longest) if longest > 0 else kind(1)
    u, v = u.astype(kind), v.astype(kind)
    x, y = u / scale, v / scale
    radius = np.sqrt(x * x + y * y)
    radius = np.where(radius < kind(1 + ROUNDING), np.minimum(radius, kind(1)), radius)[..., None]
    wheel = color_wheel().astype(kind) / kind(255)
    place = wheel_places(u, v)
    first = place.astype(np.intp)
    fraction = (place - first)[..., None].astype(kind)
    color = wheel[first]
    color = color + fraction * (wheel[(first + 1) % len(wheel)] - color)  # 1 stays 1
    pale = kind(1) - radius * (kind(1) - color)
    color = np.where(radius <= 1, pale, color * kind(BEYOND))
    rgb: NDArray[np.uint8] = np.floor(kind(255) * color).astype(np.uint8)
    return rgb


def wheel_places(u: AnyArray, v: AnyArray) -> AnyArray:
    """Where directions lie on the wheel, in hues, 0..54: ``(atan2(-v, -u) / pi + 1) / 2 * 54``.

    To the right is 0; down, left and up are quarters of a turn further.

    Parameters
    ----------
    u, v : ndarray, shape (H, W), float32 or float64
        Motion to the right and down, finite.
    """
    kind = u.dtype.type
    across, down = np.abs(u), np.abs(v)
    longer = np.maximum(across, down)
    t = np.minimum(across, down) / (longer + (longer == 0))
    squared = t * t
    hues = np.full_like(t, ARCTANGENT[-1])
    for coefficient in ARCTANGENT[-2::-1]:
        hues = hues * squared + kind(coefficient)
    hues = hues * t
    hues = np.where(down > across, kind(QUARTER_TURN) - hues, hues)
    hues = np.where(u > 0, kind(HALF_TURN) - hues, hues)
    places: AnyArray = np.where(v < 0, kind(HALF_TURN) + hues, kind(HALF_TURN) - hues)
    return places
