"""Small frames: what is drawn lies within them, or is refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatvid

NAMES = {label: f"name {label}" for label in range(30)}
LABELS = (np.arange(200 * 240).reshape(1, 200, 240) % 30).astype(np.uint8)


def label_colors() -> Any:
    return heatvid.to_rgb(np.arange(30, dtype=np.uint8).reshape(5, 6), norm="labels").reshape(-1, 3)


@pytest.mark.parametrize("side", ["right", "left", "inside"])
def test_a_legend_too_high_for_one_column_has_more(side: str) -> None:
    shown = heatvid.to_rgb(LABELS, norm="labels", legend=side, label_names=NAMES)[0]
    assert len(shown) == 200
    beside = shown if side == "inside" else shown[:, 240:] if side == "right" else shown[:, :-240]
    for color in label_colors():
        across = (beside == color).all(2)  # boxes are rows of one colour
        assert (across[:, 8:] & across[:, :-8]).any()


SMALL: list[tuple[tuple[int, int], dict[str, Any]]] = [
    ((500, 20), {"colorbar": "inside"}),
    ((500, 20), {"scale_bar": "auto", "pixel_size": 1.0}),
    ((16, 16), {"scale_bar": 3.0, "pixel_size": 1.0}),
    ((200, 2), {"colorbar": "inside", "norm": "labels"}),
    ((16, 16), {"colorbar": "inside", "norm": "labels", "label_names": {1: "one", 2: "two"}}),
    ((8, 90), {"colorbar": "right", "norm": "labels", "label_names": {1: "", 2: "", 3: ""}}),
    ((1, 500), {"legend": "right", "norm": "labels", "label_names": NAMES}),
    ((30, 60), {"legend": "inside", "norm": "labels", "label_names": NAMES}),
    ((1, 1), {"legend": "inside", "norm": "labels", "label_names": NAMES}),
]


@pytest.mark.parametrize(("size", "options"), SMALL)
def test_what_has_no_room_is_refused_by_its_name(
    size: tuple[int, int], options: dict[str, Any]
) -> None:
    option = next(iter(options))
    with pytest.raises(heatvid.OptionError, match=f"^{option}: .*; allowed are .*") as caught:
        heatvid.to_rgb(np.zeros((1, *size), np.uint8), **options)
    assert "-" not in str(caught.value).split(";")[0].removeprefix(option)
