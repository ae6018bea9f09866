"""Motion to levels of the colour wheel (heatvid._color.flow_wheel), for the NumPy backend."""

from __future__ import annotations

import numpy as np

from heatvid._color.flow_wheel import (
    ARCTANGENT,
    BEYOND,
    HALF_TURN,
    QUARTER_TURN,
    ROUNDING,
    color_wheel,
    full_length,
)
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numpy.pixels import Scratch


class Wheel:
    """The colours of motion; arithmetic is in float32 or float64, one operation at a time.

    Parameters
    ----------
    longest : float
        Magnitude of full saturation.
    kind : {numpy.float32, numpy.float64}
    """

    def __init__(self, longest: float, kind: type[np.float32 | np.float64]) -> None:
        self._kind = kind
        self._least = np.finfo(kind).smallest_subnormal
        self._scale = full_length(longest, kind)
        self._hues: AnyArray = np.divide(color_wheel().T, kind(255), dtype=kind, order="C")
        self._steps = np.roll(self._hues, -1, axis=1) - self._hues  # to the next; 1 stays 1

    def paint(self, x: AnyArray, y: AnyArray, out: Bytes, s: Scratch) -> None:
        """Fill ``out``, shape (3, rows, W), with levels of red, green and blue.

        Parameters
        ----------
        x, y : ndarray, shape (rows, W), of this kind
            Motion to the right and down, in pixels, without NaN; they are used up.
        """
        kind, rows = self._kind, len(x)
        place = self.place(x, y, s)
        x /= self._scale
        y /= self._scale
        radius, color, step = (s.part(name, kind, rows) for name in ("radius", "color", "step"))
        np.multiply(x, x, out=radius)
        radius += np.multiply(y, y, out=step)
        np.sqrt(radius, out=radius)
        longer = radius >= kind(1 + ROUNDING)
        beyond = longer if longer.any() else None
        np.minimum(radius, kind(1), out=radius)
        hue = s.part("hue", np.intp, rows)
        np.copyto(hue, place, casting="unsafe")
        fraction = np.subtract(place, np.trunc(place, out=x), out=y)
        for i, levels in enumerate(out):
            np.take(self._hues[i], hue, mode="clip", out=color)
            np.take(self._steps[i], hue, mode="clip", out=step)
            step *= fraction
            color += step
            pale = np.subtract(kind(1), color, out=step)
            pale *= radius
            np.subtract(kind(1), pale, out=pale)
            if beyond is not None:
                color *= kind(BEYOND)
                np.copyto(pale, color, where=beyond)
            pale *= kind(255)
            np.copyto(levels, pale, casting="unsafe")

    def place(self, u: AnyArray, v: AnyArray, s: Scratch) -> AnyArray:
        """Where directions lie on the wheel, in hues: ``(atan2(-v, -u) / pi + 1) / 2 * 54``.

        To the right is 0; down, left and up are quarters of a turn further. No zero is negative.

        Parameters
        ----------
        u, v : ndarray, shape (rows, W), of this kind
            Motion to the right and down, without NaN.
        """
        kind, rows = self._kind, len(u)
        across, down, longer, hues = (
            s.part(name, kind, rows) for name in ("across", "down", "longer", "hues")
        )
        np.abs(u, out=across)
        np.abs(v, out=down)
        steep = np.greater(down, across, out=s.part("steep", np.bool_, rows))
        np.maximum(across, down, out=longer)
        np.maximum(longer, self._least, out=longer)  # 0 / 0 is none
        t = np.divide(np.minimum(across, down, out=across), longer, out=across)
        squared = np.multiply(t, t, out=down)
        hues[...] = ARCTANGENT[-1]
        for coefficient in ARCTANGENT[-2::-1]:
            hues *= squared
            hues += kind(coefficient)
        hues *= t
        np.copyto(hues, np.subtract(kind(QUARTER_TURN), hues, out=longer), where=steep)
        right = np.greater(u, 0, out=steep)
        np.copyto(hues, np.subtract(kind(HALF_TURN), hues, out=longer), where=right)
        np.copysign(hues, np.add(v, kind(0), out=longer), out=hues)
        np.subtract(kind(HALF_TURN), hues, out=hues)
        return hues
