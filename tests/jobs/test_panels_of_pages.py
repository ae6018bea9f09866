"""Which panels a page shows, and which it refuses, before a browser sees it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"panels": "heat,overlay"}, "panels: got 'overlay' of array, which has no background"),
        ({"panels": "heat", "columns": 2}, "columns: got 2; allowed where several panels"),
        ({"panels": "heat", "colorbar": "right"}, "colorbar: got 'right'; allowed in videos"),
        ({"panels": "heat", "segments": 2}, "segments: got 2; allowed in videos, not in a page"),
        ({"panels": "heat", "size": "64x64"}, "size: got (64, 64); allowed in videos, not in"),
    ],
)
def test_panels_that_a_page_cannot_show_are_refused(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(heatvid.OptionError, match=re.escape(words)):
        heatvid.render(np.zeros((2, 8, 8)), tmp_path / "out.html", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ({"channel": "rgb"}, "B: channel: got 'rgb'; allowed is one value a pixel in a page"),
        ({}, "array has 2 frames, array has 3 frames; allowed are as many of each"),
    ],
)
def test_sources_that_a_page_cannot_show_in_step_are_refused(
    tmp_path: Path, panel: dict[str, Any], words: str
) -> None:
    shape = (2, 8, 8, 3) if panel else (3, 8, 8)
    rows = [[np.zeros((2, 8, 8)), heatvid.Panel(np.zeros(shape), title="B", **panel)]]
    with pytest.raises(heatvid.OptionError, match=re.escape(words)):
        heatvid.render(heatvid.grid(rows), tmp_path / "out.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{}, {"hold": "linear"}, {"speed": 2}])
def test_a_stream_of_another_rate_lasts_as_in_a_video(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    pictures = np.zeros((18, 8, 8, 3), np.uint8)
    frames = []
    for name in ("out.html", "out.mp4"):
        stream = (np.full((8, 8), k, np.float32) for k in range(6))
        frames.append(
            heatvid.render(
                stream, tmp_path / name, background=pictures, source_fps=5, fps=15, limits=(0, 6),
                **options,
            ).frames
        )  # fmt: skip
    assert frames[0] == frames[1]


def test_a_prediction_alone_lasts_as_long_as_the_pictures_it_is_of(tmp_path: Path) -> None:
    path, pictures = tmp_path / "out.html", np.zeros((10, 8, 8, 3), np.uint8)
    result = heatvid.render(np.eye(8)[None], path, background=pictures, panels="heat")
    assert result.frames == 10
