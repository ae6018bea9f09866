"""Norms that bend, values around their limits, and the rows of a table that they are shown with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid.backends import Renderer
from tests.support.contract import Look
from tests.support.contract_ways import Ask, narrower, render
from tests.support.oracle import Picture
from tests.support.oracle_ways import exact_places

N = 256
# Row k of the table is the colour (k, k, 1); under, over and bad are told apart.
CODE = np.stack([np.arange(N), np.arange(N), np.ones(N)], 1).astype(np.uint8)
CODED = Look(CODE, under="white", over="#0a14c8", bad="transparent")
SPECIAL = {(255, 255, 255): N, (10, 20, 200): N + 1, (0, 0, 0): N + 2}

# Norms with limits and values around them.
NORMS = {
    "log of decades": ({"norm": "log"}, (1e-3, 1e3)),
    "log of an octave": ({"norm": "log"}, (1000.0, 2000.0)),
    "log of hardly anything": ({"norm": "log"}, (1000.0, 1000.5)),
    "log of all there is": ({"norm": "log"}, (1e-37, 3e38)),
    "log between others": ({"norm": "log"}, (0.1, 0.7)),
    "inverse of depths": ({"norm": "inverse"}, (0.5, 80.0)),
    "inverse of hardly anything": ({"norm": "inverse"}, (1000.0, 1000.5)),
    "inverse of decades": ({"norm": "inverse"}, (1e-3, 1e30)),
    "symlog": ({"norm": "symlog"}, (-20.0, 30.0)),
    "symlog with a threshold": ({"norm": "symlog", "linthresh": 0.3}, (-0.1, 40.0)),
    "symlog of one side": ({"norm": "symlog", "linthresh": 1.0}, (900.0, 1000.0)),
    "symlog within its threshold": ({"norm": "symlog", "linthresh": 50.0}, (-20.0, 30.0)),
    "root": ({"norm": "power", "gamma": 0.5}, (-3.0, 7.0)),
    "power": ({"norm": "power", "gamma": 2.2}, (0.1, 0.7)),
    "high power": ({"norm": "power", "gamma": 6.0}, (100.0, 101.0)),
    "sigmoid": ({"norm": "sigmoid"}, (0.0, 1.0)),
    "part of a sigmoid": ({"norm": "sigmoid"}, (0.9, 1.0)),
}


def shown_rows(backend: Renderer, ask: Ask, frame: NDArray[Any], limits: Any) -> NDArray[np.int64]:
    """Rows of the table that a frame is shown with."""
    got = render(backend, ask, Picture("rgb24", *frame.shape), frame[None], limits)
    rgb = got.reshape(*frame.shape, 3)
    rows = rgb[..., 0].astype(np.int64)
    for color, row in SPECIAL.items():
        rows[(rgb == color).all(axis=-1)] = row
    return rows


def values_for(name: str, dtype: str, shape: tuple[int, int], seed: int = 0) -> NDArray[Any]:
    """Values even on the scale, some beyond it, and all that is special."""
    way, (low, high) = NORMS[name]
    rng = np.random.default_rng(seed)
    if way["norm"] == "sigmoid":
        values = rng.normal(0, 3, shape)
    elif way["norm"] == "inverse":
        places = rng.uniform(-0.1, 0.99 + 0.11 * (high / low < 2), shape)
        values = 1 / (1 / low - places * (1 / low - 1 / high))
    elif way["norm"] == "log":
        step = np.log(high / low) / 9
        values = np.exp(rng.uniform(np.log(low) - step, min(np.log(high) + step, 88), shape))
    else:
        values = rng.uniform(low - (high - low) / 9, high + (high - low) / 9, shape)
    flat = values.reshape(-1)
    near = [np.nextafter(np.float32(x), np.float32(y)) for x in (low, high) for y in (-9e37, 9e37)]
    special = [low, high, *near, np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1e-40, -3e38, 3e38]
    places = rng.permutation(flat.size)[: len(special) * 2]
    flat[places] = np.resize(special, places.size)
    with np.errstate(over="ignore"):
        return values.astype(dtype)


def away_from_edges(
    name: str, dtype: str, shape: tuple[int, int, int], seed: int = 0
) -> NDArray[Any]:
    """Values whose rows no rounding changes, of the norm's limits or of narrower ones."""
    way, limits = NORMS[name]
    ask = Ask(CODED, way=way)
    values = values_for(name, dtype, (shape[0] * shape[1], shape[2] * 2), seed).reshape(-1)
    keep = np.ones(values.shape, bool)
    for own in (limits, narrower(limits)):
        with np.errstate(all="ignore"):
            places = exact_places(values, ask.oracle(), own)
            keep &= ~(np.abs(places - np.rint(places)) < 0.05) | (np.abs(places - 128) > 200)
    return np.resize(values[keep], shape)
