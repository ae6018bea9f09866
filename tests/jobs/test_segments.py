"""A video in segments is the video of a single run: its frames, times, tags, sound and words."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._encode.comment import read_comment
from heatvid._encode.joined import FEWEST
from heatvid._errors import OptionError, RenderError, SourceError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._jobs.segment import Segment
from heatvid._jobs.segments import cut
from heatvid._jobs.sending import located
from heatvid._jobs.workers import Workers
from heatvid._options.options import Options
from tests.harness.processes import processes
from tests.support.executors import Inline
from tests.support.lines import clear_line
from tests.support.segmented import EXACT, both, listed
from tests.support.sinks import no_file_larger_than
from tests.support.videos import ffmpeg, one_to_one

FRAMES, HEIGHT, WIDTH = 61, 32, 48
RATE = Fraction(24000, 1001)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("segments")
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    field = np.stack([
        np.sin(columns / 9 + t / 7) + np.cos(rows / 5 - t / 11) + t / 30 for t in range(FRAMES)
    ]).astype(np.float32)  # fmt: skip
    field[3, 2, 2], field[8, 4] = np.inf, np.nan
    np.save(at / "field.npy", field)
    np.savez(at / "packed.npz", field.astype(np.float16))
    np.save(at / "colours.npy", np.stack([field, -field, field * 2], -1))
    np.save(at / "labels.npy", np.nan_to_num(field * 3, posinf=0).astype(np.int16))
    np.save(at / "masks.npy", (field > 0.5)[:, ::2, ::2])
    rng = np.random.default_rng(0)
    np.save(at / "pictures.npy", rng.integers(0, 256, (FRAMES, 24, 40, 3), np.uint8))
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=24000/1001"),
        *("-f", "lavfi", "-i", "sine=d=2", "-frames:v", FRAMES, "-vf", "format=yuv420p"),
        *("-c:v", "libx264", "-g", "13", "-bf", "3", "-c:a", "aac", at / "clip.mp4"),
    )
    return at


@pytest.fixture
def executor() -> Iterator[Executor]:
    """One thread of this process: what is computed is the same, and nothing has to start."""
    with ThreadPoolExecutor(1) as one:
        yield one


def heard(path: Path) -> list[str]:
    """Packets of the sound, and their times."""
    text = ffmpeg("-i", path, "-map", "0", "-c", "copy", "-f", "framecrc", "-").decode()
    return [line for line in text.splitlines() if line.startswith("1,")]


def described(path: Path) -> list[str]:
    """What ffmpeg says of the streams, but for what follows from the bytes."""
    said = run([find_ffmpeg(), "-hide_banner", "-i", str(path)], timeout_seconds=60).stderr.decode()
    return [re.sub(r", \d+ kb/s", "", line) for line in said.splitlines() if "Stream #" in line]


# What is rendered, and how.
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "extremes": ("field.npy", {}),
    "percentiles": ("field.npy", {"percentiles": (3, 88)}),
    "running": ("field.npy", {"scope": "running", "percentiles": (3, 88)}),
    "each its own": ("field.npy", {"scope": "frame"}),
    "given": ("field.npy", {"vmin": -1, "vmax": 2}),
    "packed": ("packed.npz", {"percentiles": (3, 88)}),
    "some": ("field.npy", {"frames": "5:59:2"}),
    "colours": ("colours.npy", {"channel": "rgb", "scope": "running"}),
    "labels": ("labels.npy", {"norm": "labels"}),
    "masks": ("field.npy", {"background": "teal", "alpha_mask": "masks.npy"}),
    "over pictures": ("field.npy", {"background": "pictures.npy", "background_frames": "::-1"}),
    "over a video": ("field.npy", {"background": "clip.mp4", "pix_fmt": "yuv420p"}),
    "over some of it": ("field.npy", {"background": "clip.mp4", "frames": "::2", "audio": True}),
    "retimed": ("field.npy", {"source_fps": 10, "hold": "linear", "fps": 24, "scope": "running"}),
    "retimed, measured": (
        "field.npy",
        {"background": "clip.mp4", "source_fps": 20, "frames": ":51"},
    ),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_frames_without_loss_are_those_of_a_single_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Executor, kind: str
) -> None:
    monkeypatch.chdir(folder)
    source, options = FIELDS[kind]
    one, several = both(folder / source, tmp_path, ".mp4", executor, **EXACT, **options)
    assert listed(several.path) == listed(one.path)
    for fact in ("frames", "height", "width", "fps", "limits", "labels", "sound"):
        assert getattr(several, fact) == getattr(one, fact)


OUTPUTS: dict[str, dict[str, Any]] = {
    ".mp4": {},
    "rgb.mp4": {"lossless": True},
    "hevc.mp4": {"codec": "hevc"},
    "av1.mp4": {"codec": "av1"},
    "sound.mp4": {"audio": True, "background": "clip.mp4"},
    ".mov": {"audio": True, "background": "clip.mp4"},
    "prores.mov": {"codec": "prores"},
    "alpha.mov": {"transparent": True},
    ".mkv": {"audio": True, "background": "clip.mp4"},
    "ffv1.mkv": {"lossless": True},
    "values.mkv": {"pix_fmt": "gray16le"},
    "depth.mkv": {"encode_depth": "lerobot"},
    ".webm": {},
    "exact.webm": {"lossless": True},
    "av1.webm": {"codec": "av1", "audio": True, "background": "clip.mp4"},
}


EXACT_ONES = ("rgb.mp4", "prores.mov", "ffv1.mkv", "values.mkv", "depth.mkv", "exact.webm")


@pytest.mark.parametrize("output", OUTPUTS)
def test_times_tags_comment_and_sound_are_those_of_a_single_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Executor, output: str
) -> None:
    monkeypatch.chdir(folder)
    options: dict[str, Any] = {"preset": "ultrafast", "fps": RATE, **OUTPUTS[output]}
    suffix = Path(f"x{output}").suffix
    one, several = both(folder / "field.npy", tmp_path, suffix, executor, **options)
    sums, times = listed(one.path)
    sums_of_several, times_of_several = listed(several.path)
    assert times_of_several == times
    assert len(sums_of_several) == FRAMES
    assert output not in EXACT_ONES or sums_of_several == sums
    assert described(several.path) == described(one.path)
    assert read_comment(several.path, "x") == read_comment(one.path, "x")
    assert several.sound == one.sound
    assert heard(several.path) == heard(one.path)


def test_times_stay_exact_however_many_segments_there_are(
    tmp_path: Path, executor: Executor
) -> None:
    np.save(tmp_path / "long.npy", np.random.default_rng(0).random((200, 16, 16), np.float32))
    options: dict[str, Any] = {"fps": RATE, "preset": "medium", "executor": executor}
    result = heatvid.render(
        tmp_path / "long.npy", tmp_path / "out.mp4", segments=200 // FEWEST, **options
    )
    _, times = listed(result.path, "-c", "copy")
    assert sorted(times) == [i / RATE for i in range(200)]


# --- which frames -----------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 3, 8, 500])
@pytest.mark.parametrize(("length", "count"), [(100, 3), (7, 3), (1, 5), (1000, 10), (64, 8)])
def test_segments_are_all_frames_and_none_is_too_short(length: int, count: int, chunk: int) -> None:
    parts = cut(length, count, chunk)
    assert [i for part in parts for i in part] == list(range(length))
    assert len(parts) == max(1, min(count, length // FEWEST))
    assert min(map(len, parts)) >= min(FEWEST, length)


def test_chunks_are_not_parted_where_they_are_short() -> None:
    assert {part.start % 8 for part in cut(1000, 10, 8)} == {0}


# --- how it looks -----------------------------------------------------------------------------


def planes(path: Path) -> Any:
    raw = ffmpeg("-i", path, *one_to_one(), "-pix_fmt", "gray", "-f", "rawvideo", "-")
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH).astype(float)


@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_seams_are_not_seen(folder: Path, tmp_path: Path, executor: Executor, codec: str) -> None:
    options: dict[str, Any] = {"codec": codec, "scope": "running", "fps": RATE}
    one, several = both(folder / "field.npy", tmp_path, ".mp4", executor, **options)
    exact = heatvid.render(
        folder / "field.npy", tmp_path / "exact.mkv", lossless=True, pix_fmt="yuv420p",
        scope="running", fps=RATE,
    )  # fmt: skip
    wanted = planes(exact.path)
    off_one, off_several = (planes(result.path) - wanted for result in (one, several))
    noise, noise_of_several = (float(np.square(off).mean()) for off in (off_one, off_several))
    assert 10 * np.log10(noise_of_several / noise) < 0.3
    blocks = np.abs(off_several).reshape(FRAMES, HEIGHT // 8, 8, WIDTH // 8, 8).mean((2, 4))
    worst = blocks.max((1, 2))
    seams = [i for part in cut(FRAMES, 3) for i in (part.start - 1, part.start) if i > 0]
    assert worst[seams].max() <= np.delete(worst, seams).max()


def test_all_segments_are_set_by_the_detail_of_the_first_frame(
    tmp_path: Path, executor: Executor
) -> None:
    flat, rough = np.zeros((20, 32, 32), np.float32), np.random.default_rng(0).random((20, 32, 32))
    np.save(tmp_path / "two.npy", np.concatenate([flat, rough]).astype(np.float32))
    told = []
    for name, more in (("one", {}), ("several", {"segments": 2, "executor": executor})):
        options: dict[str, Any] = {"vmin": 0, "vmax": 1, **more}
        result = heatvid.render(tmp_path / "two.npy", tmp_path / f"{name}.mp4", **options)
        stream = ffmpeg("-i", result.path, "-c", "copy", "-f", "h264", "-")
        told.append(re.findall(rb"crf=([0-9.]+)", stream))
    assert told[1] == told[0] * 2, "each part says what it was encoded with"


# --- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "output", "options", "words"),
    [
        (np.zeros((9, 8, 8)), "o.mp4", {}, "segments: got 2 of a ndarray; allowed are files"),
        (iter([np.zeros((8, 8))]), "o.mp4", {}, "segments: got 2 of .*; allowed are files"),
        ("field.npy", "o.gif", {"fps": 25}, r"segments: got \.gif as the output"),
        ("field.npy", "o%d.png", {}, r"segments: got \.png as the output"),
        ("field.npy", "o.exr", {}, "segments: got 2; allowed with colours, not in .exr"),
        ("field.npy", "o.html", {}, "segments: got 2; allowed in videos, not in a page"),
        ("field.npy", "o.webm", {"transparent": True}, "segments: .webm keeps its alpha beside"),
        ("field.npy", "o.mp4", {"executor": "two"}, "executor: got a str; allowed is an Executor"),
        (
            "field.npy", "o.mp4", {"executor": ThreadPoolExecutor(1), "segments": None},
            "executor: got a ThreadPoolExecutor; allowed with segments=N",
        ),
        (
            "field.npy", "o.html", {"executor": ThreadPoolExecutor(1), "segments": None},
            "executor: got a ThreadPoolExecutor; allowed with segments=N",
        ),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_has_no_segments_is_refused_in_one_line(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: Any,
    output: str,
    options: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(OptionError, match=words):
        heatvid.render(source, tmp_path / output, **{"segments": 2, **options})
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_pickled_is_refused_by_its_name(folder: Path, tmp_path: Path) -> None:
    colors = pytest.importorskip("matplotlib.colors")
    norm = colors.FuncNorm((lambda x: x, lambda x: x), 0, 1)
    with pytest.raises(OptionError, match=r"norm: got .*, which no other process understands"):
        heatvid.render(folder / "field.npy", tmp_path / "o.mp4", norm=norm, segments=2)


def test_a_file_object_is_refused(folder: Path) -> None:
    import io

    with pytest.raises(OptionError, match="segments: got a file object as the output"):
        heatvid.render(folder / "field.npy", io.BytesIO(), format="mp4", segments=2)


def test_a_segment_that_fails_fails_all_and_an_earlier_output_stays(
    folder: Path, tmp_path: Path, executor: Executor
) -> None:
    (tmp_path / "masks.npy").write_bytes((folder / "masks.npy").read_bytes())
    bad = np.load(folder / "masks.npy").astype(np.float32)
    bad[50] = 7
    np.save(tmp_path / "masks.npy", bad)
    (tmp_path / "out.mp4").write_bytes(b"earlier")
    with pytest.raises(SourceError, match=r"holds 7; allowed are floats in 0\.\.1"):
        heatvid.render(
            folder / "field.npy", tmp_path / "out.mp4", segments=4, executor=executor,
            alpha_mask=tmp_path / "masks.npy", overwrite=True,
        )  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == ["masks.npy", "out.mp4"]
    assert (tmp_path / "out.mp4").read_bytes() == b"earlier"


class _Lost(ThreadPoolExecutor):
    """What a cluster is like that loses a task, and runs it once more when all is done."""

    def submit(self, *given: Any, **more: Any) -> Future[Any]:  # type: ignore[override]  # looser
        super().submit(*given, **more).result()
        return super().submit(*given, **more)


def test_a_segment_that_is_rendered_twice_is_there_once(folder: Path, tmp_path: Path) -> None:
    with _Lost(1) as twice:
        one, several = both(folder / "field.npy", tmp_path, ".mp4", twice, **EXACT)
    assert listed(several.path) == listed(one.path)


def test_what_a_killed_run_left_is_cleared_away(
    folder: Path, tmp_path: Path, executor: Executor
) -> None:
    left = tmp_path / ".out.mp4.heatvid-parts"
    left.mkdir()
    (left / "000000000-aa.mp4").write_bytes(b"old")
    heatvid.render(folder / "field.npy", tmp_path / "out.mp4", segments=2, executor=executor)
    assert os.listdir(tmp_path) == ["out.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX's limits")
def test_a_disk_that_refuses_a_segment_is_told_of_the_whole(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with no_file_larger_than(1000), pytest.raises(RenderError) as caught:
        heatvid.render(folder / "field.npy", path, segments=2, executor=Inline())
    assert "refuses a file this large" in clear_line(caught.value, f"{path}: ffmpeg ")
    assert os.listdir(tmp_path) == []


# --- processes --------------------------------------------------------------------------------


def killed_once(segment: Segment) -> int:
    """Die at the first attempt."""
    try:
        (Path(segment.folder) / f"tried-{segment.frames.start}").touch(exist_ok=False)
    except FileExistsError:
        return segment.frames.start
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def killed_always(segment: Segment) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leaves(segment: Segment) -> None:
    raise SystemExit(3)


def segment_of(folder: Path, start: int) -> Segment:
    return Segment("none.npy", Options(), None, range(start, start + 9), str(folder))


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX's signals")


@needs_signals
def test_a_process_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with Workers(None, 1) as workers:
        found = workers.map(killed_once, [segment_of(tmp_path, 0), segment_of(tmp_path, 9)], print)
    assert found == [0, 9]


@needs_signals
def test_processes_that_are_killed_again_and_again_are_an_error(tmp_path: Path) -> None:
    with Workers(None, 1) as workers, pytest.raises(RenderError, match="was killed, or could not"):
        workers.map(killed_always, [segment_of(tmp_path, 0)], print)


def test_a_task_never_ends_the_process_that_it_runs_in(tmp_path: Path, executor: Executor) -> None:
    with Workers(executor, 1) as workers, pytest.raises(RenderError, match="SystemExit"):
        workers.map(leaves, [segment_of(tmp_path, 0)], print)


def test_a_segment_whose_folder_is_gone_has_been_given_up(
    tmp_path: Path, executor: Executor
) -> None:
    segment = segment_of(tmp_path / "gone", 0)
    with Workers(executor, 1) as workers, pytest.raises(RenderError, match="have been given up"):
        workers.map(killed_always, [segment], print)


@needs_signals
def test_an_interrupt_ends_all_processes_and_leaves_nothing(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).random((600, 240, 320), np.float32)
    np.save(tmp_path / "in.npy", frames)
    out = tmp_path / "out"
    out.mkdir()
    command = ["-m", "heatvid", "render", tmp_path / "in.npy", "-o", out / "o.mp4"]
    slow = ["--segments", "4", "--preset", "placebo", "--vmin", "0", "--vmax", "1"]
    with subprocess.Popen(
        [sys.executable, *map(str, command), *slow], stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stderr is not None
        deadline = time.monotonic() + 60
        while not any(out.glob(".*parts/.*.mp4.*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGINT)
        said = child.stderr.read().decode()
    assert (child.returncode, said) == (130, "heatvid: interrupted; no file was written\n")
    assert os.listdir(out) == []
    deadline = time.monotonic() + 10
    while (left := processes(out)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def test_the_own_processes_give_the_frames_of_one(folder: Path, tmp_path: Path) -> None:
    one, several = both(folder / "field.npy", tmp_path, ".mp4", None, percentiles=(3, 88), **EXACT)
    assert listed(several.path) == listed(one.path)
    assert "in 3 segments" in several.reason
    assert set(several.seconds) >= {"statistics", "rendering", "encoding", "joining", "total"}


# --- other folders ----------------------------------------------------------------------------


def test_files_are_named_from_the_root_on_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("dump.npz", mask=np.zeros((2, 2)))
    assert located("dump.npz") == str(tmp_path / "dump.npz")
    assert located(Path("dump.npz")) == str(tmp_path / "dump.npz")
    assert located("dump.npz:mask") == f"{tmp_path / 'dump.npz'}:mask"
    assert located("d*.npz") == str(tmp_path / "d*.npz")
    assert located(["dump.npz"]) == [str(tmp_path / "dump.npz")]
    for value in ("teal", "s3://here/x.zarr", None, 0.5):
        assert located(value) == value
