"""Which colormaps are told apart by eyes that lack red or green cones.

Colours as such eyes see them are those of G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, A
Physiologically-based Model for Simulation of Color Vision Deficiency, IEEE Trans. Vis. Comput.
Graph. 15, 2009 (severity 1.0, on linear RGB). Differences are distances in CIELAB (CIE 15:2004)
under D65, of which some 2 can just be seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colormaps import ColorTable

APART = 10.0  # colours that are told apart at a glance, on a scale where 2 can just be seen
QUARTER = 0.25  # of the scale: places that far apart have to be told apart
SAMPLES = 65  # places on a scale that are looked at, both ends included
BACKWARDS = 2.0  # by which lightness may turn back

Floats = NDArray[np.float64]

# What is left of linear red, green and blue: all, without red cones, without green ones.
CONES = {
    "all": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
}  # fmt: skip
# IEC 61966-2-1: linear RGB to X, Y and Z; the rows add up to its white.
_XYZ = np.array([
    [0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]
])  # fmt: skip


def is_safe(table: ColorTable, kind: str) -> bool:
    """Whether eyes without red or green cones tell a colormap's colours apart.

    Parameters
    ----------
    table : ColorTable
    kind : str
        Of ``KINDS``. Of qualitative ones every two colours have to differ, of others those of
        places a quarter of the scale apart, along the circle where it is cyclic. Sequential and
        miscellaneous ones have to become ever lighter, or darker, too.
    """
    rgb = table.rgb[: table.entries]
    if kind != "qualitative":
        rgb = rgb[np.rint(np.linspace(0, len(rgb) - 1, SAMPLES)).astype(np.intp)]
    far = _far(len(rgb), kind)
    for cones in ("protanopia", "deuteranopia"):
        lab = seen_by(rgb, cones)
        distances = np.linalg.norm(lab[:, None] - lab, axis=-1)
        if distances[far].min(initial=np.inf) < APART:
            return False
        if kind in ("sequential", "miscellaneous") and not _goes_one_way(lab[:, 0]):
            return False
    return True


def seen_by(rgb: NDArray[np.uint8], cones: str) -> Floats:
    """Give colours, shape (N, 3) uint8, in CIELAB as they look to eyes with these cones."""
    parts = rgb / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ CONES[cones].T, 0, 1) @ _XYZ.T / _XYZ.sum(1)
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = bent.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _far(count: int, kind: str) -> NDArray[np.bool_]:
    """Which pairs of colours have to differ, shape (count, count)."""
    places = np.arange(count)
    steps = np.abs(places[:, None] - places)
    if kind == "cyclic":
        steps = np.minimum(steps, count - 1 - steps)
    far: NDArray[np.bool_] = steps >= (1 if kind == "qualitative" else QUARTER * (count - 1))
    return far


def _goes_one_way(lightness: Floats) -> bool:
    """Whether lightness only rises, or only falls, but for what is not seen."""
    rising = lightness if lightness[-1] > lightness[0] else lightness[::-1]
    return bool((np.maximum.accumulate(rising) - rising).max() <= BACKWARDS)
