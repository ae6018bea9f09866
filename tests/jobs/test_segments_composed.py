"""A composed video in segments is that of a single run: panels, bars, texts and clocks at seams."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid._canvas import Canvas
from heatvid._encode.comment import read_comment
from heatvid._errors import OptionError
from heatvid._jobs.composed import ComposedFeed
from heatvid._jobs.composing import open_composed
from heatvid._jobs.known import Known
from heatvid._jobs.panels import Grid
from heatvid._jobs.segments import cut
from heatvid._options.options import make_options
from heatvid.backends._composed import ComposedRenderer
from tests.support.backends import CANDIDATES, Candidate, make_backend, tell_what_is_missing
from tests.support.segmented import EXACT, Elsewhere, both, listed
from tests.support.videos import ffmpeg

FRAMES, HEIGHT, WIDTH = 20, 64, 80
TEXT = "{frame} {time:.2f} {name} {value:mean:.2f}"


def waves(frames: int = FRAMES, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.float32]:
    """A field that moves and grows."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([
        np.sin(columns / 9 + t / 7) + np.cos(rows / 5 - t / 11) + t / 15 for t in range(frames)
    ]).astype(np.float32)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("composed")
    field = waves()
    np.save(at / "field.npy", field)
    np.save(at / "smaller.npy", (waves(FRAMES, 32, 40) * 90).astype(np.int16))
    np.save(at / "slow.npy", waves(FRAMES // 2) * 2)
    np.savez_compressed(at / "packed.npz", field[::-1] - 3)
    np.save(at / "labels.npy", (field * 2).astype(np.uint8))
    np.save(at / "channels.npy", np.stack([field, -field, field * 3], -1))
    field[9, 2, 2], field[11:15] = np.inf, np.nan
    np.save(at / "holes.npy", field)
    (at / "names.txt").write_text("0: sky\n3: a car\n5: dog\n")
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=10"),
        *("-f", "lavfi", "-i", "sine=d=2", "-frames:v", FRAMES, "-vf", "format=yuv420p"),
        *("-c:v", "libx264", "-g", "7", "-bf", "3", "-c:a", "aac", at / "clip.mp4"),
    )
    return at


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Executor:
    return Elsewhere(tmp_path_factory.mktemp("elsewhere"))


def demand_same(one: Any, several: Any) -> None:
    assert listed(several.path) == listed(one.path)
    for fact in ("frames", "height", "width", "fps", "limits", "labels", "sound", "reading"):
        assert getattr(several, fact) == getattr(one, fact)
    assert read_comment(several.path, "x") == read_comment(one.path, "x")
    assert "in 3 segments" in several.reason


# --- one source -----------------------------------------------------------------------------------

ONE: dict[str, tuple[str, dict[str, Any]]] = {
    "panels over a video, limits that follow": (
        "field.npy",
        {
            "background": "clip.mp4", "panels": "background,heat,overlay", "colorbar": "right",
            "title": "waves", "text": TEXT, "scope": "running", "percentiles": (3, 88),
            "audio": True,
        },
    ),
    "limits of each frame, in a size": (
        "holes.npy",
        {"scope": "frame", "colorbar": "right", "text": TEXT, "size": "300x200", "fps": 7},
    ),
    "percentiles, a scale bar": (
        "field.npy",
        {
            "percentiles": (3, 88), "colorbar": "left", "zoom": 3, "scale_bar": "auto",
            "pixel_size": 2, "unit": "m",
        },
    ),
    "some of it, over some of a video": (
        "field.npy",
        {"frames": "1:19", "background": "clip.mp4", "text": TEXT, "audio": True},
    ),
    "backwards": ("field.npy", {"frames": "::-1", "text": TEXT, "source_fps": 4}),
    "labels": ("labels.npy", {"norm": "labels", "legend": "right", "label_names": "names.txt"}),
    "channels": ("channels.npy", {"channel": "grid", "own_limits": True, "colorbar": "right"}),
    "retimed": (
        "slow.npy",
        {
            "source_fps": 4, "hold": "linear", "fps": 8, "scope": "running", "text": TEXT,
            "colorbar": "top", "zoom": 2,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ONE)
def test_a_decorated_video_is_that_of_a_single_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Executor, kind: str
) -> None:
    monkeypatch.chdir(folder)
    source, options = ONE[kind]
    demand_same(*both(source, tmp_path, ".mp4", elsewhere, **EXACT, **options))


# --- several sources ------------------------------------------------------------------------------


def pair(a: Any, b: Any, **options: Any) -> Grid:
    return heatvid.grid([[a, b], [heatvid.difference(a, b, **options), None]])


def several_sources(kind: str) -> tuple[Grid, dict[str, Any]]:
    """Grids of files, as they lie in the current folder."""
    panel = heatvid.Panel("smaller.npy", "small", cmap="magma", background="clip.mp4")
    return {
        "one scale of two dtypes": (pair("field.npy", "smaller.npy"), {"percentiles": (2, 91)}),
        "scales that move together": (pair("field.npy", "holes.npy"), {"scope": "running"}),
        "one in a compressed stream": (pair("field.npy", "packed.npz"), {"text": "{name}"}),
        "panels with options of their own": (
            heatvid.grid([["field.npy", panel]]), {"own_limits": True},
        ),
        "rates that differ": (
            heatvid.grid([[
                heatvid.Panel("field.npy", source_fps=10), heatvid.Panel("slow.npy", source_fps=5),
            ]]),
            {"text": TEXT},
        ),
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        "one scale of two dtypes",
        "scales that move together",
        "one in a compressed stream",
        "panels with options of their own",
        "rates that differ",
    ],
)
def test_several_sources_in_step_are_those_of_a_single_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Executor, kind: str
) -> None:
    monkeypatch.chdir(folder)
    source, options = several_sources(kind)
    demand_same(*both(source, tmp_path, ".mp4", elsewhere, **EXACT, colorbar="right", **options))


def test_sources_are_compared_in_segments(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Executor
) -> None:
    monkeypatch.chdir(folder)
    made = [
        heatvid.compare(
            ["field.npy", "smaller.npy"], tmp_path / f"{name}.mp4", difference=True, **EXACT, **more
        )
        for name, more in (("one", {}), ("several", {"segments": 3, "executor": elsewhere}))
    ]
    demand_same(*made)


# --- any cut, any backend -------------------------------------------------------------------------


@contextlib.contextmanager
def opened(folder: Path, options: dict[str, Any]) -> Iterator[ComposedFeed]:
    source = pair(folder / "field.npy", folder / "smaller.npy")
    with open_composed(make_options({**options, "threads": 1, "batch_size": 4}), source) as feed:
        yield feed


def rendered(feed: ComposedFeed, backend: Candidate, limits: Any) -> list[bytes]:
    """All frames of a feed, as a backend makes them."""
    renderer = ComposedRenderer(make_backend(backend))
    plan = feed.plan(Canvas("yuv420p", 2, 2), limits)
    renderer.prepare(plan)
    slot = renderer.slot(feed.input_shape(renderer))
    frames: list[bytes] = []
    while len(frames) < (feed.length or 0):
        slot.start = feed.first + len(frames)
        filled = feed.fill(slot, len(frames), renderer)
        if filled.before is not None:
            filled.before()
        renderer.render(slot)
        renderer.wait(slot)
        frames += [frame.tobytes() for frame in slot.frames]
    renderer.close()
    return frames


def known_of(feed: ComposedFeed) -> tuple[list[Known], Any]:
    """What a single run would find, by itself."""
    limits, _ = feed.measure()
    known = []
    for field, found in zip(feed.fields, feed._limits.found, strict=True):
        each: Sequence[Any] = ()
        if field.finder.follows:
            frames = field.source.read(0, FRAMES)
            each = field.finder.moving(float(field.fps))(frames)
        known.append(Known(field.name, found, tuple(each), field.finder.complete))
    return known, limits


@pytest.mark.parametrize("scope", ["sequence", "running", "frame"])
@pytest.mark.parametrize("backend", CANDIDATES[:2], ids=lambda each: each.name)
def test_parts_are_cut_out_of_the_whole_wherever_they_lie(
    folder: Path, backend: Candidate, scope: str
) -> None:
    tell_what_is_missing([backend])
    options = {"scope": scope, "colorbar": "right", "text": TEXT}
    with opened(folder, options) as feed:
        known, limits = known_of(feed)
        whole = rendered(feed, backend, limits)
    assert len(set(whole)) == FRAMES
    for count in (2, 4):
        parts = []
        for frames in cut(FRAMES, count):
            with opened(folder, options) as feed:
                feed.part(frames, [own.of(frames) for own in known])
                parts += rendered(feed, backend, limits)
        assert parts == whole


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (heatvid.grid([["field.npy", np.zeros((9, 8, 8))]]), "segments: got 2 of a ndarray"),
        (pair("field.npy", iter([np.zeros((8, 8))])), "segments: got 2 of a list_iterator"),
        (heatvid.grid([["field.npy", "-"]]), "segments: got 2 of standard input"),
    ],
    ids=["array", "iterator", "standard input"],
)
def test_panels_that_cannot_be_cut_are_refused_in_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Grid, words: str
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(OptionError, match=words) as told:
        heatvid.render(source, tmp_path / "o.mp4", segments=2)
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_pickled_of_one_panel_is_refused_by_its_name(
    folder: Path, tmp_path: Path
) -> None:
    colors = pytest.importorskip("matplotlib.colors")
    norm = colors.FuncNorm((lambda x: x, lambda x: x), 0, 1)
    source = heatvid.grid([[folder / "field.npy", heatvid.Panel(folder / "field.npy", norm=norm)]])
    with pytest.raises(OptionError, match=r"norm: got .*, which no other process understands"):
        heatvid.render(source, tmp_path / "o.mp4", segments=2)
