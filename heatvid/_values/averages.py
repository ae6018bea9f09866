"""Averages in NumPy: of all values, of areas where some are NaN, of frames of another size.

See heatvid._values.sampling for what those of areas are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.sampling import LEAST_KNOWN, AxisSamples, axis_samples

MANY = 0.25  # of all pixels, from which on it is faster not to pick them out; measured


def mean_of(values: AnyArray) -> float:
    """The mean of finite values, at least one, however large they are."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean(dtype=np.float64))
    return mean if np.isfinite(mean) else float((values / values.size).sum())


def of_size(frame: AnyArray, size: tuple[int, int]) -> AnyArray:
    """Bring a frame, shape (h, w) of floats, to another height and width.

    Interpolated along an axis on which it grows, averaged where it shrinks: along its rows first.
    """
    rows, columns = (
        axis_samples(own, wanted, wanted, "bilinear")
        for own, wanted in zip(frame.shape, size, strict=True)
    )
    wide = _along_rows(frame, columns)
    return _along_rows(wide.T, rows).T


def _along_rows(frame: AnyArray, samples: AxisSamples) -> AnyArray:
    first = frame[:, samples.first]
    total = first.copy()
    for places, weights in samples.neighbours:
        total += (frame[:, places] - first) * weights
    if samples.own_weight is not None and np.isnan(total).any():
        fill_known(frame, samples, total)
    return total


def fill_known(frame: AnyArray, samples: AxisSamples, out: AnyArray) -> None:
    """Average what is known, along each row, where ``out`` is NaN: the averages of all samples."""
    assert samples.taps is not None
    assert samples.own_weight is not None
    assert samples.tap_weights is not None
    missing = np.isnan(out)
    weights = np.concatenate([samples.own_weight[None], samples.tap_weights])
    taps = np.concatenate([samples.first[None], samples.taps])
    if len(taps) == 2:  # the one that is known, if one is
        for value, weight in zip(_each(frame, samples, taps), weights, strict=True):
            np.copyto(out, value, where=missing & (weight >= LEAST_KNOWN))
            missing &= np.isnan(out)
    elif missing.mean() > MANY:
        average = _average_known(_each(frame, samples, taps), weights)
        np.copyto(out, average, where=missing)
    else:
        rows, columns = np.nonzero(missing)
        values = list(frame[rows, taps[:, columns]])
        out[rows, columns] = _average_known(values, weights[:, columns])


def _each(frame: AnyArray, samples: AxisSamples, taps: NDArray[np.intp]) -> list[AnyArray]:
    """The samples of all areas, one after the other."""
    steps = zip(taps, samples.steps, strict=True)
    return [frame[:, places if step is None else step] for places, step in steps]


def _average_known(values: list[AnyArray], weights: NDArray[np.float32]) -> AnyArray:
    """Average without NaN; one weight a sample and last place."""
    first = values[0].copy()
    share = np.zeros(first.shape, np.float32)
    for value, weight in zip(values, weights, strict=True):
        known = value == value
        share += weight * known
        np.copyto(first, value, where=first != first)
    total = first.copy()
    for value, weight in zip(values, weights, strict=True):
        term = (value - first) * (weight / share)
        np.add(total, term, out=total, where=value == value)
    np.copyto(total, np.nan, where=~(share >= LEAST_KNOWN))
    return total
