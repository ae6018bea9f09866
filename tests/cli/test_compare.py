"""``heatvid compare``: the same as in Python, and its refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid import Panel, SourceError
from heatvid.cli import main
from heatvid.sources._difference import Difference, DifferenceSource, open_difference
from tests.support.lines import clear_line
from tests.support.videos import encoded, rgb_of

EXACT = ["--lossless", "--preset", "ultrafast", "--no-progress", "--overwrite"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    r = np.random.default_rng(0)
    np.save(tmp_path / "a.npy", r.random((6, 12, 20), np.float32))
    np.save(tmp_path / "b.npy", r.random((6, 12, 20)) * 2)
    np.save(tmp_path / "c.npy", (r.random((6, 5, 9)) * 9).astype(np.int16))
    np.savez(tmp_path / "two.npz", x=r.random((6, 12, 20)), y=r.random((6, 12, 20)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "options"),
    [
        ([], {}),
        (["--difference"], {"difference": True}),
        (["--own-limits", "--columns", "2"], {"own_limits": True, "columns": 2}),
        (["--difference", "--zoom", "4", "--colorbar", "right", "--cmap", "magma", "--vmin", "0"],
         {"difference": True, "zoom": 4, "colorbar": "right", "cmap": "magma", "vmin": 0}),
        (["--captions", "one", "two", "three"], {"captions": ["one", "two", "three"]}),
    ],
)  # fmt: skip
def test_the_command_line_and_python_are_one(
    folder: Path, flags: list[str], options: dict[str, Any]
) -> None:
    names = ["a.npy", "b.npy", "c.npy"]
    assert main(["compare", *names, "-o", "one.mp4", *flags, *EXACT]) == 0
    heatvid.compare(names, "two.mp4", lossless=True, preset="ultrafast", **options)
    assert encoded("one.mp4") == encoded("two.mp4")


def test_what_is_compared_is_a_grid_of_it(folder: Path) -> None:
    heatvid.compare(["a.npy", "b.npy"], "one.mp4", difference=True)
    row = [Panel("a.npy"), Panel("b.npy"), heatvid.difference("a.npy", "b.npy")]
    heatvid.render(heatvid.grid([row]), "two.mp4")
    assert encoded("one.mp4") == encoded("two.mp4")


def test_names_of_files_stand_over_them(folder: Path) -> None:
    heatvid.compare(["a.npy", "b.npy"], "one.mp4", zoom=4)
    heatvid.compare(["a.npy", "b.npy"], "two.mp4", zoom=4, captions=["a", "b"])
    heatvid.compare(["a.npy", "b.npy"], "three.mp4", zoom=4, captions=["a", "c"])
    assert encoded("one.mp4") == encoded("two.mp4") != encoded("three.mp4")


@pytest.mark.parametrize(
    ("titles", "captions"),
    [
        (("x", "y"), ("x", "y", "y - x")),
        (("x", None), ("x", "b", "b - x")),
        (("", "y"), ("", "y", "difference")),
    ],
)
def test_a_difference_is_named_after_titles(
    folder: Path, titles: tuple[str | None, str | None], captions: tuple[str, str, str]
) -> None:
    a, b = (Panel(f"{name}.npy", title) for name, title in zip("ab", titles, strict=True))
    heatvid.compare([a, b], "one.mp4", difference=True, zoom=4)
    heatvid.compare([a, b], "two.mp4", difference=True, zoom=4, captions=captions)
    assert encoded("one.mp4") == encoded("two.mp4")
    for name, title in (("three.mp4", None), ("four.mp4", f"c - {captions[2]}")):
        of_that = heatvid.difference(heatvid.difference(a, b), "c.npy", title)
        heatvid.render(heatvid.grid([[a, of_that]]), name, zoom=4)
    assert encoded("three.mp4") == encoded("four.mp4")


def test_a_difference_reads_each_as_its_panel_does(folder: Path) -> None:
    x, y = Panel("two.npz", "x", key="x"), Panel("two.npz", "y", key="y")
    result = heatvid.compare([x, y], "out.mp4", difference=True, lossless=True, preset="ultrafast")
    frames = rgb_of("out.mp4", result.height, result.width)
    with np.load("two.npz") as given:
        wanted = heatvid.to_rgb(given["y"] - given["x"], norm="centered", cmap="coolwarm")
    np.testing.assert_array_equal(frames[:, -12:, -20:], wanted)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a.npy"], "compare: got ['a.npy']; allowed are two sources or more"),
        (["a.npy", "none.npy"], "none.npy: no such file or directory"),
        (["a.npy", "b.npy", "--captions", "x"], "captions: got ('x',), 1 for 2 panels"),
        (["a.npy", "b.npy", "--gap", "-1"], "gap: "),
        (["a.npy", "b.npy", "--difference", "--channel", "rgb"], "a.npy: "),
        (["a.npy", "b.npy", "--pix-fmt", "gray"], "pix_fmt: "),
        (["a.npy", "b.npy", "--columns", "x"], "columns: "),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    folder: Path, words: list[str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *words, "-o", "out.mp4", "--no-progress"]) == 2
    line = capfd.readouterr().err
    assert line.startswith(f"heatvid: error: {told}")
    assert line.count("\n") == 1
    assert not Path("out.mp4").exists()


@pytest.mark.parametrize(
    ("output", "flags", "hint"),
    [
        ("out.mp4", [], "; small to look at: --zoom 13 enlarges it\n"),
        ("out.mp4", ["--zoom", "2"], "s\n"),
        ("out.mp4", ["--size", "64x64"], "s\n"),
        ("out.mkv", ["--pix-fmt", "gray"], "s\n"),
        ("%d.png", [], "s\n"),
    ],
)
def test_the_summary_of_a_small_video_says_what_enlarges_it(
    folder: Path, output: str, flags: list[str], hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "a.npy", "-o", output, *flags, "--no-progress"]) == 0
    assert capfd.readouterr().out.endswith(hint)


# --- differences ----------------------------------------------------------------------------------


def difference_of(a: NDArray[Any], b: NDArray[Any], **of: Any) -> NDArray[Any]:
    pair = Difference(a, b, **of)
    with open_difference(pair, lambda one: heatvid.open_source(one, layout="THW")) as source:
        assert isinstance(source, DifferenceSource)
        frames = source.read(0, len(source))
        assert frames.dtype == source.dtype
        return frames


def test_a_difference_is_in_floats_that_hold_both() -> None:
    a, b = np.uint8([[[0, 200, 255]]]), np.uint8([[[255, 100, 0]]])
    assert difference_of(a, b).tolist() == [[[255, -100, -255]]]
    assert difference_of(a, b).dtype == np.float32
    assert difference_of(a.astype(np.int32), b).dtype == np.float64
    with_gaps = difference_of(np.float32([[[np.nan, 1]]]), np.float32([[[2, np.nan]]]))
    assert np.isnan(with_gaps).all()


@pytest.mark.parametrize("size", [(12, 20), (24, 40), (5, 9), (5, 40), (31, 7), (1, 1)])
def test_a_second_source_is_brought_to_the_size_of_the_first(size: tuple[int, int]) -> None:
    r = np.random.default_rng(1)
    a, b = r.random((2, *size), np.float32), r.random((2, 12, 20), np.float32)
    brought = a.astype(np.float64) + difference_of(a, b)
    wanted = [_resized(frame.astype(np.float64), size) for frame in b]
    np.testing.assert_allclose(brought, wanted, atol=1e-6)


def _resized(frame: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Interpolated with half-pixel centres, averaged over areas where it shrinks."""
    for axis, wanted in enumerate(size):
        own = frame.shape[axis]
        matrix = np.zeros((wanted, own))
        for i in range(wanted):
            low, high = i * own / wanted, (i + 1) * own / wanted
            if wanted < own:
                cells = np.arange(own)
                share = np.minimum(high, cells + 1) - np.maximum(low, cells)
                matrix[i] = np.maximum(share, 0) / (high - low)
            else:
                place = min(max((low + high) / 2 - 0.5, 0), own - 1)
                first = int(place)
                matrix[i, first] += 1 - (place - first)
                matrix[i, min(first + 1, own - 1)] += place - first
        frame = np.moveaxis(np.tensordot(matrix, frame, (1, axis)), 0, axis)
    return frame


def test_gaps_take_no_part_where_a_source_shrinks() -> None:
    b = np.float32([[[1, np.nan, 3, 5, np.nan, np.nan]]])
    assert difference_of(np.zeros((1, 1, 3)), b)[0, 0, :2].tolist() == [1, 4]
    assert np.isnan(difference_of(np.zeros((1, 1, 3)), b)[0, 0, 2])


def test_a_difference_of_other_rates_is_of_what_is_seen_at_once() -> None:
    a = np.arange(10, dtype=np.float32)[:, None, None]
    b = np.arange(5, dtype=np.float32)[:, None, None]
    rates: dict[str, Any] = {"of_a": {"source_fps": 10}, "of_b": {"source_fps": 5}}
    assert difference_of(a, b, **rates).reshape(-1).tolist() == [i // 2 - i for i in range(10)]
    with pytest.raises(SourceError, match="allowed are equal times") as refused:
        difference_of(a, b[:3], **rates)
    clear_line(refused.value, "difference: ")
