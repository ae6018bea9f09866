"""Motion to levels of the colour wheel (heatvid._flow), band by band, for the NumPy backend."""

from __future__ import annotations

import numpy as np

from heatvid._flow import BEYOND, ROUNDING, color_wheel
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
        self._scale = kind(longest) if longest > 0 else kind(1)
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
        x /= self._scale
        y /= self._scale
        radius, color, step = (s.part(name, kind, rows) for name in ("radius", "color", "step"))
        np.multiply(x, x, out=radius)
        radius += np.multiply(y, y, out=step)
        np.sqrt(radius, out=radius)
        longer = radius >= kind(1 + ROUNDING)
        beyond = longer if longer.any() else None
        np.minimum(radius, kind(1), out=radius)
        place = self._place(x, y, out=color)
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

    def _place(self, x: AnyArray, y: AnyArray, out: AnyArray) -> AnyArray:
        """Where a direction lies on the wheel, 0 to 54."""
        kind = self._kind
        np.arctan2(np.negative(y, out=y), np.negative(x, out=x), out=out)
        out /= kind(np.pi)
        out += kind(1)
        out /= kind(2)
        out *= kind(self._hues.shape[1] - 1)
        return out
