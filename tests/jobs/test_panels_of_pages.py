"""Which panels a page shows, and which it refuses, before a browser sees it."""

from __future__ import annotations

import inspect
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._jobs.meant import names_in_page


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


LABELS = np.full((2, 8, 8), 3, np.uint8)
NAMES = {3: "a car"}
UNDER = np.zeros((2, 16, 16, 3), np.uint8)


def names_in(page: Path) -> list[dict[str, str]]:
    """The names that a page has of the labels of each field."""
    data = page.read_bytes().partition(b'id="data">')[2].partition(b"</script>")[0]
    return [field["labels"] for field in json.loads(data)["fields"]]


@pytest.mark.parametrize("options", [{}, {"panels": "heat,heat"}, {"title": "Classes"}], ids=str)
def test_a_page_has_the_names_of_labels_that_are_given(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("3: a car\n")
    for given in (NAMES, str(names)):
        heatvid.render(
            LABELS, tmp_path / "out.html", norm="labels", label_names=given, overwrite=True,
            **options,
        )  # fmt: skip
        assert names_in(tmp_path / "out.html") == [{"3": "a car"}]


def test_a_difference_of_labels_has_no_names_of_them(tmp_path: Path) -> None:
    heatvid.compare(
        [LABELS, LABELS], tmp_path / "out.html", difference=True, norm="labels", label_names=NAMES
    )
    assert names_in(tmp_path / "out.html") == [{"3": "a car"}, {"3": "a car"}, {}]


def test_a_page_that_is_like_another_output_has_its_names_of_labels(tmp_path: Path) -> None:
    looks: dict[str, Any] = {"norm": "labels", "label_names": NAMES}
    heatvid.render(LABELS, tmp_path / "a.mp4", legend="right", zoom=8, **looks)
    heatvid.render(LABELS, tmp_path / "a.html", **looks)
    for number, like in enumerate(("a.mp4", "a.html")):
        page = tmp_path / f"{number}.html"
        heatvid.render(LABELS, page, like=tmp_path / like)
        assert names_in(page) == [{"3": "a car"}]
    heatvid.render(LABELS, tmp_path / "b.mp4", like=tmp_path / "a.html")  # which has no legend
    heatvid.render(LABELS, tmp_path / "b.html", like=tmp_path / "a.html", norm="linear")
    assert names_in(tmp_path / "b.html") == [{}]


@pytest.mark.parametrize(
    ("output", "options", "words"),
    [
        ("out.html", {}, "label_names: got {3: 'a car'}; allowed with norm='labels' or"),
        ("out.html", {"label_names": {"x": "y"}, "norm": "labels"}, "allowed is a dict of names"),
        ("out.html", {"label_names": "none.txt", "norm": "labels"}, "none.txt: no names of labels"),
        ("out.mp4", {"norm": "labels"}, "label_names: got {3: 'a car'}; allowed with legend= or"),
        (io.BytesIO(), {"norm": "labels", "format": "mp4"}, "allowed with legend= or colorbar="),
    ],
)
def test_names_of_labels_are_refused_where_nothing_shows_them(
    tmp_path: Path, output: Any, options: dict[str, Any], words: str
) -> None:
    given = {"label_names": NAMES, **options}
    to = tmp_path / output if isinstance(output, str) else output
    with pytest.raises(heatvid.UsageError, match=re.escape(words)):
        heatvid.render(LABELS, to, **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"norm": "labels", "label_names": NAMES, "title": "Classes"},
        {"panels": "heat,overlay", "columns": 1, "gap": 4, "background": UNDER},
        {"source_fps": 5, "speed": 2, "quality": 2},
        {"like": "a.html"},
    ],
    ids=lambda options: ",".join(options),
)
def test_a_notebook_shows_the_page_that_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    heatvid.render(LABELS, "a.html", norm="labels", label_names=NAMES)
    file = io.BytesIO()
    heatvid.render(LABELS, file, format="html", **options)
    assert heatvid.show(LABELS, **options).data == file.getvalue()


def test_a_notebook_takes_every_option_of_a_page_but_what_says_which_file_it_is() -> None:
    taken = inspect.signature(heatvid.show).parameters
    assert names_in_page(panels=True) - set(taken) == {"format", "overwrite"}
