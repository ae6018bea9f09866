"""The command line: exit codes, one line on standard error, and each command's output."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._options.options import BACKENDS, option_fields
from heatvid.backends import why_not
from heatvid.cli import main
from tests.support.videos import numbered, only, pictures, rgb_of

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's names, pipes or terminals")
QUICK = ("--preset", "ultrafast")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and undo what main() does to the process."""
    monkeypatch.chdir(tmp_path)
    handler, shown = signal.getsignal(signal.SIGTERM), warnings.showwarning
    yield
    signal.signal(signal.SIGTERM, handler)
    warnings.showwarning = shown


@pytest.fixture
def data() -> np.ndarray:
    frames = numbered()
    np.save("data.npy", frames)
    return frames


def heatvid_process(*arguments: Any, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heatvid", *arguments],
        capture_output=True, text=True, timeout=60, **settings,
    )  # fmt: skip


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[Any], code: int = 2) -> str:
    """The one line that is said when a command fails."""
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"heatvid: error: [^\n]*[^.\n]\n", err), err
    return err.removeprefix("heatvid: error: ").rstrip("\n")


# --- render -----------------------------------------------------------------------------------


def test_render_writes_the_video_and_says_what_it_wrote(
    data: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "data.npy", "-o", "out.mkv", "--lossless", "--vmin=0"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(
        r"out.mkv: 6 frames, 32x24, 30 fps, values 0 to 1; (cuda|numba|numpy), [\d.]+ s\n",
        out,
    )
    assert err == ""
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), heatvid.to_rgb(data, vmin=0))


@pytest.mark.parametrize(
    ("flags", "options"),
    [
        (["--cmap", "turbo"], {"cmap": "turbo"}),
        (["--vmin", "-1e-3", "--vmax", ".5"], {"vmin": -1e-3, "vmax": 0.5}),
        (["--vmin", "-.5", "--vmax", "2"], {"vmin": -0.5, "vmax": 2}),
        (["--percentiles", "5", "90"], {"percentiles": (5, 90)}),
        (["--scope", "frame"], {"scope": "frame"}),
        (["--under", "red", "--over", "#00ff00", "--vmin", ".3", "--vmax", ".6"],
         {"under": "red", "over": "#00ff00", "vmin": 0.3, "vmax": 0.6}),
        (["--bad", "transparent", "-b", "blue"], {"bad": "transparent", "background": "blue"}),
        (["--background", "bg.png", "--alpha", "0.3"], {"background": "bg.png", "alpha": 0.3}),
        (["-b", "bg.png", "--resample", "nearest"],
         {"background": "bg.png", "resample": "nearest"}),
    ],
)  # fmt: skip
def test_each_option_of_a_picture_is_that_of_python(
    flags: list[str], options: dict[str, Any]
) -> None:
    frames = numbered(3)
    frames[0, 3, 3] = np.nan
    np.save("data.npy", frames)
    Image.fromarray(pictures(1, 48, 64)[0]).save("bg.png")
    assert main(["render", "data.npy", "-o", "out.mkv", "--lossless", "-q", *flags]) == 0
    wanted = heatvid.to_rgb(frames, **options)
    np.testing.assert_array_equal(rgb_of("out.mkv", *wanted.shape[1:3]), wanted)


def test_each_option_of_input_chooses_the_frames(data: np.ndarray) -> None:
    np.savez("both.npz", depth=np.moveaxis(data, 0, 2)[:, :, None].repeat(2, 2), other=data)
    assert main([
        "render", "both.npz", "-o", "out.mkv", "--lossless", "-q", "--key", "depth",
        "--layout", "HWCT", "--channel", "1", "--frames", "1:5:2", "--vmin", "0", "--vmax", "1",
    ]) == 0  # fmt: skip
    wanted = heatvid.to_rgb(data[1:5:2], vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), wanted)


def test_each_option_of_output_and_running_is_taken(data: np.ndarray) -> None:
    assert main([
        "render", "data.npy", "-o", "out.mp4", "-q", "--fps", "24000/1001", "--crf", "30",
        "--preset", "veryfast", "--pix-fmt", "yuv420p", "--range", "pc", "--backend", "numpy",
        "--batch-size", "2", "--threads", "3", "--no-progress",
    ]) == 0  # fmt: skip
    assert main(["render", "data.npy", "-o", "out.mp4", "-q", "--overwrite"]) == 0


def test_several_files_are_the_frames(data: np.ndarray) -> None:
    for i, frame in enumerate(data):
        np.save(f"f{i}.npy", frame)
    names = [f"f{i}.npy" for i in range(len(data))]
    assert main(["render", *names, "-o", "out.mkv", "--lossless", "-q"]) == 0
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), heatvid.to_rgb(data))


def test_quiet_prints_nothing(data: np.ndarray) -> None:
    done = heatvid_process("render", "data.npy", "-o", "out.mp4", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_warning_is_one_line(data: np.ndarray) -> None:
    with open("data.npy", "ab") as file:
        file.write(b"more")
    done = heatvid_process("render", "data.npy", "-o", "out.mp4", *QUICK)
    assert done.returncode == 0
    assert re.fullmatch(r"heatvid: warning: data.npy: 4 bytes [^\n]*\n", done.stderr)


# --- what is refused --------------------------------------------------------------------------


def _bad_npy(content: bytes) -> Callable[[], str]:
    def make() -> str:
        Path("bad.npy").write_bytes(content)
        return "bad.npy"

    return make


def _array(array: np.ndarray) -> Callable[[], str]:
    def make() -> str:
        np.save("bad.npy", array, allow_pickle=True)
        return "bad.npy"

    return make


def _header(text: str, data: bytes = b"") -> Callable[[], str]:
    head = text.encode().ljust(117) + b"\n"
    return _bad_npy(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data)


def _npz(**arrays: np.ndarray) -> Callable[[], str]:
    def make() -> str:
        np.savez("bad.npz", **arrays)
        return "bad.npz"

    return make


def _cut_npz() -> str:
    np.savez_compressed("bad.npz", a=numbered())
    Path("bad.npz").write_bytes(Path("bad.npz").read_bytes()[:-300])
    return "bad.npz"


def _renamed_zip() -> str:
    np.savez("zip.npz", a=numbered())
    return str(Path("zip.npz").rename("bad.npy"))


def _folder(name: str) -> Callable[[], str]:
    def make() -> str:
        Path(name).mkdir()
        return name

    return make


def _fifo() -> str:
    os.mkfifo("bad.npy")
    return "bad.npy"


INPUTS: dict[str, Callable[[], str]] = {
    "missing": lambda: "bad.npy",
    "empty": _bad_npy(b""),
    "text": _bad_npy(b"hello, world\n"),
    "magic only": _bad_npy(b"\x93NUMPY"),
    "version 9": _bad_npy(b"\x93NUMPY\x09\x00v\x00{}"),
    "header cut": _bad_npy(b"\x93NUMPY\x01\x00v\x00{'descr'"),
    "code in the header": _header("__import__('os').system('touch owned')"),
    "terabytes": _header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 999, 999)}"),
    "negative": _header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 9, 9)}"),
    "objects": _array(np.array([[{}]], dtype=object)),
    "structured": _array(np.zeros((2, 3, 3), [("a", "f4")])),
    "dates": _array(np.zeros((2, 3, 3), "M8[s]")),
    "complex": _array(np.zeros((2, 3, 3), complex)),
    "0-d": _array(np.array(1.0)),
    "no frames": _array(np.zeros((0, 3, 3))),
    "no rows": _array(np.zeros((3, 0, 3))),
    "five axes": _array(np.zeros((1, 2, 3, 4, 5))),
    "which channel": _array(np.zeros((2, 5, 6, 3))),
    "zip named .npy": _renamed_zip,
    "npz cut": _cut_npz,
    "npz of several": _npz(a=numbered(), b=numbered()),
    "npz of nothing": _npz(a=np.zeros(3)),
    "empty folder": _folder("frames"),
    "folder named .npy": _folder("bad.npy"),
    "device": lambda: "/dev/null",
    "unknown kind": lambda: __file__,
    "pattern of nothing": lambda: "nothing*.npy",
    "no name": lambda: "",
}
if os.name != "nt":
    INPUTS["fifo"] = _fifo


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("command", ["render", "inspect"])
def test_unusable_input_is_one_line_that_names_it(
    command: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if (command, kind) == ("inspect", "which channel"):
        pytest.skip("inspect shows every channel")
    name = INPUTS[kind]()
    before = only(tmp_path)
    more = ["-o", "out.mp4"] if command == "render" else []
    line = refused(capsys, [command, name, *more])
    assert line.startswith(name)
    assert only(tmp_path) == before


def test_a_key_that_is_missing_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez("a.npz", depth=numbered(), rgb=numbered())
    line = refused(capsys, ["render", "a.npz", "--key", "dept", "-o", "out.mp4"])
    assert "depth" in line


BACKGROUNDS: dict[str, Callable[[], str]] = {
    "neither file nor colour": lambda: "zork",
    "empty folder": _folder("pictures"),
    "pattern of nothing": lambda: "nothing*.png",
    "text named .png": lambda: str(Path("a.png").write_text("hello") and "a.png"),
    "text named .mp4": lambda: str(Path("a.mp4").write_text("hello") and "a.mp4"),
    "device": lambda: "/dev/null",
    "text named .npy": _bad_npy(b"hello, world\n"),
    "volume": _array(np.zeros((2, 2, 2, 2))),
}


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_an_unusable_background_is_one_line_that_names_it(
    kind: str, data: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    name = BACKGROUNDS[kind]()
    before = os.listdir()
    line = refused(capsys, ["render", "data.npy", "-b", name, "-o", "out.mp4"])
    assert name in line
    assert os.listdir() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["rendr"], "invalid choice: 'rendr' .*'render'"),
        (["render"], "required: source, -o/--output"),
        (["render", "data.npy"], "required: -o/--output"),
        (["render", "data.npy", "-o", "o.mp4", "--cmpa", "x"], r"--cmpa .did you mean --cmap\?"),
        (["render", "data.npy", "-o", "o.mp4", "--overwrit"], r"did you mean --overwrite\?"),
        (["doctor", "more"], "unknown argument: more"),
        (["--cmap"], "required: COMMAND"),
        (
            ["render", "data.npy", "-o", "o.mp4", "--vmin", "low"],
            "vmin: got 'low'; allowed is a finite number",
        ),
        (["render", "data.npy", "-o", "o.mp4", "--vmin", "nan"], "a finite number"),
        (["render", "data.npy", "-o", "o.mp4", "--vmin", "2", "--vmax", "1"], "vmin <= vmax"),
        (["render", "data.npy", "-o", "o.mp4", "--percentiles", "9", "1"], "LO < HI in 0..100"),
        (["render", "data.npy", "-o", "o.mp4", "--percentiles", "9"], "expected 2 arguments"),
        (["render", "data.npy", "-o", "o.mp4", "--scope", "all"], "'frame' or 'running'"),
        (["render", "data.npy", "-o", "o.mp4", "--cmap", "infrno"], "did you mean 'inferno'"),
        (["render", "data.npy", "-o", "o.mp4", "--bad", "zork"], "'zork' is not a colour"),
        (["render", "data.npy", "-o", "o.mp4", "--alpha", "2"], "a number in 0..1"),
        (["render", "data.npy", "-o", "o.mp4", "--fps", "fast"], "a fraction such as"),
        (["render", "data.npy", "-o", "o.mp4", "--fps", "1/0"], "a fraction such as"),
        (["render", "data.npy", "-o", "o.mp4", "--fps", "0"], "a fraction such as"),
        (["render", "data.npy", "-o", "o.mp4", "--fps", "1e9"], "1000"),
        (["render", "data.npy", "-o", "o.mp4", "--crf", "60"], "0 to 51"),
        (["render", "data.npy", "-o", "o.mp4", "--preset", "ultrfast"], "did you mean 'ultrafast'"),
        (["render", "data.npy", "-o", "o.mp4", "--pix-fmt", "rgb24"], "--lossless"),
        (["render", "data.npy", "-o", "o.mp4", "--threads", "0"], "1..256"),
        (["render", "data.npy", "-o", "o.mp4", "--batch-size", "0"], "1 or more"),
        (["render", "data.npy", "-o", "o.mp4", "--frames", "x"], "START:STOP"),
        (["render", "data.npy", "-o", "o.mp4", "--frames", "50:60"], "selects none of its 6"),
        (["render", "data.npy", "-o", "o.mp4", "--layout", "XY"], "letters T, H, W and C"),
        (["render", "data.npy", "-o", "o.mp4", "--channel", "4"], "channel is 4"),
        (["render", "data.npy", "-o", "o.mp4", "--key", "a"], r"allowed with \.npz, \.h5"),
        (["render", "data.npy", "-o", "o.mp4", "--backend", "abacus"], "'numpy'"),
        (["render", "data.npy", "-o", "o.avi"], r"\.mp4, \.m4v"),
        (["render", "data.npy", "-o", ""], r"\.mp4, \.m4v"),
        (["render", "data.npy", "-o", "old.png/o.mp4"], "old.png is not a folder; "),
        (["render", "data.npy", "-o", "dir.mp4"], "dir.mp4: is a folder"),
        (["render", "data.npy", "-o", "old.mp4"], "old.mp4: exists already"),
        (["cmaps", "zzz"], "no name contains 'zzz'"),
        (["cmaps", "zzz", "--kind", "cyclic"], "no name of those asked for contains 'zzz'"),
        (["cmaps", "--kind", "zork"], "argument --kind: invalid choice: 'zork'"),
        (["cmaps", "virid", "-o", "a.jpg"], "ends in .png"),
        (["cmaps", "virid", "-o", "old.png"], "old.png: exists; --overwrite"),
        (["cmaps", "virid", "-o", "old.png/a.png"], "old.png is not a folder"),
        (["demo", "-o", "old.mp4"], "old.mp4: exists already"),
    ],
)
def test_unusable_arguments_are_one_line(
    arguments: list[str], words: str, data: np.ndarray, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    Path("dir.mp4").mkdir()
    Path("old.mp4").write_bytes(b"old")
    Path("old.png").write_bytes(b"old")
    before = only(tmp_path)
    assert re.search(words, refused(capsys, arguments))
    assert only(tmp_path) == before
    assert Path("old.mp4").read_bytes() == Path("old.png").read_bytes() == b"old"


def test_a_failure_of_ffmpeg_is_exit_code_1(
    data: np.ndarray, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path("broken").resolve()
    program.write_text('#!/bin/sh\n[ "$1" = -version ] && echo ffmpeg version 7.0\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    line = refused(capsys, ["render", "data.npy", "-o", "out.mp4"], 1)
    assert re.match("out.mp4: ffmpeg exited with code 3 after ", line)
    assert not Path("out.mp4").exists()


def test_an_error_of_ours_is_one_line_too(
    data: np.ndarray, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("heatvid._jobs.render.render_with", fail)
    line = refused(capsys, ["render", "data.npy", "-o", "out.mp4"], 1)
    assert line == "out of memory: MemoryError; --debug shows where"


def test_debug_shows_a_traceback() -> None:
    done = heatvid_process("render", "missing.npy", "-o", "out.mp4", "--debug")
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert "SourceError: missing.npy: no such file" in done.stderr


def test_an_interrupt_is_exit_code_130(
    data: np.ndarray, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("heatvid._jobs.render.render_with", interrupt)
    assert main(["render", "data.npy", "-o", "out.mp4"]) == 130
    assert capsys.readouterr().err == "heatvid: interrupted; no file was written\n"


# --- names ------------------------------------------------------------------------------------

NAMES = [
    "a b", "it's", 'say "hi"', "two\nlines", "🎬 é", "a:b", "C:", "%d", "%03d", "a*b?[c]", "#1",
    "http:x", "$(touch owned)", "comma,semi;colon", "back\\slash", "tab\there", "'", "x" * 200,
]  # fmt: skip


@posix
@pytest.mark.parametrize("name", [*NAMES, "-dash", os.fsdecode(b"not\xffutf8")], ids=ascii)
def test_odd_names_are_names(
    name: str, data: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(f"{name}.npy", data)
    assert main(["render", f"--output={name} bg.mp4", "--", f"{name}.npy"]) == 0
    over = [f"--background={name} bg.mp4", f"--output={name}.mkv", "--lossless"]
    assert main(["render", *over, "--", f"{name}.npy"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert len(out.splitlines()) == 2
    assert len(rgb_of(name + ".mkv", 24, 32)) == len(data)
    assert main(["inspect", "--", f"{name}.npy"]) == 0
    wanted = {"data.npy", *(name + end for end in (".npy", " bg.mp4", ".mkv"))}
    assert set(only(tmp_path)) == wanted


@posix
def test_names_that_are_not_utf8_can_be_printed(data: np.ndarray) -> None:
    name = os.fsdecode(b"not\xffutf8.npy")
    os.rename("data.npy", name)
    for arguments in (["inspect", name], ["render", name, "-o", name + ".mp4"]):
        done = heatvid_process(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert "not\\udcffutf8.npy" in done.stdout


@posix
@pytest.mark.parametrize("name", ["two\nlines", os.fsdecode(b"not\xffutf8"), "🎬"], ids=ascii)
def test_odd_names_are_one_line_of_an_error(name: str) -> None:
    done = heatvid_process("render", name + ".npy", "-o", "out.mp4")
    assert done.returncode == 2
    assert re.fullmatch(r"heatvid: error: [^\n]*: no such file or [^\n]*\n", done.stderr)


# --- inspect ----------------------------------------------------------------------------------


def test_inspect_shows_shape_range_and_advice(capsys: pytest.CaptureFixture[str]) -> None:
    frames = np.random.default_rng(0).normal(size=(3, 20, 20)).astype(np.float32)
    frames[0, 0, :2], frames[1, 1, 1] = np.nan, np.inf
    np.save("data.npy", frames)
    assert main(["inspect", "data.npy"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "shape        3 x 20 x 20  (frames, height, width)" in out
    assert "dtype        float32" in out
    finite = frames[np.isfinite(frames)]
    assert f"range        {finite.min():.6g} to {finite.max():.6g}" in out
    assert "not finite   2 NaN (0.17%), 1 +Inf (0.08%)" in out
    assert out.count("█") > 48
    advice = re.search(r"try: heatvid render \.\.\. (.*)\n", out)
    assert advice
    assert main(["render", "data.npy", "-o", "out.mp4", "-q", *advice[1].split()]) == 0


def test_the_advice_of_inspect_can_be_typed_whatever_the_scale(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for scale in (1e-9, 1, 1e9):
        frames = np.random.default_rng(0).normal(size=(3, 20, 20)) * scale
        np.save("data.npy", frames)
        assert main(["inspect", "data.npy"]) == 0
        advice = re.search(r"heatvid render \.\.\. (.*)\n", capsys.readouterr().out)
        assert advice
        typed = ["render", "data.npy", "-o", "o.mp4", "-q", "--overwrite", *advice[1].split()]
        assert main(typed) == 0


def test_inspect_gives_json(data: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    for i, frame in enumerate(np.rint(data * 255).astype(np.uint8)):
        Image.fromarray(frame).save(f"{i}.png")
    for source, dtype in (("data.npy", "float32"), ("*.png", "uint8")):
        assert main(["inspect", source, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["source"] == source
        assert report["shape"] == [6, 24, 32]
        assert report["dtype"] == dtype
        assert (report["nan"], report["finite"]) == (0, data.size)
        assert report["minimum"] == 0
        assert sum(report["histogram"]) == data.size
        assert set(report["percentiles"]) == {"1", "5", "25", "50", "75", "95", "99"}


def test_inspect_of_nothing_finite(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("nan.npy", np.full((2, 3, 3), np.nan))
    assert main(["inspect", "nan.npy"]) == 0
    assert "range        nothing finite" in capsys.readouterr().out
    assert main(["inspect", "nan.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["minimum"] is None


def test_inspect_names_the_first_files_of_a_folder(
    data: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("frames").mkdir()
    for i, frame in enumerate(data):
        np.save(f"frames/f_{i + 8}.npy", frame)
    assert main(["inspect", "frames", "--frames", "1:"]) == 0
    assert "files        f_9.npy, f_10.npy, f_11.npy, ..." in capsys.readouterr().out


# --- the other commands -----------------------------------------------------------------------


def test_cmaps_lists_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps"]) == 0
    names = capsys.readouterr().out.split()
    assert len(names) > 500
    assert {"viridis", "inferno", "turbo"} <= set(names)
    assert main(["cmaps", "cmocean"]) == 0
    some = capsys.readouterr().out.split()
    assert some
    assert all("cmocean" in name for name in some)
    assert set(some) <= set(names)


def test_cmaps_lists_those_of_a_kind_and_those_for_colour_blind_eyes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def listed(*options: str) -> set[str]:
        assert main(["cmaps", *options]) == 0
        return set(capsys.readouterr().out.split())

    assert listed("--kind", "cyclic", "twilight") == {
        "matplotlib:twilight", "matplotlib:twilight_shifted", "twilight", "twilight_shifted"
    }  # fmt: skip
    safe = listed("--colorblind-safe", "--kind", "diverging", "colorbrewer:Rd")
    assert {"colorbrewer:RdBu", "colorbrewer:RdYlBu"} <= safe
    assert not {"colorbrewer:RdGy", "colorbrewer:RdYlGn"} & safe
    assert main(["cmaps", "--kind", "cyclic", "--colorblind-safe", "-o", "sheet.png"]) == 0


def test_cmaps_draws_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps", "virid", "-o", "sheet.png"]) == 0
    count = int(re.fullmatch(r"sheet.png: (\d+) colormaps\n", capsys.readouterr().out)[1])  # type: ignore[index]
    with Image.open("sheet.png") as sheet:
        assert sheet.size == (3 * 8 + 230 + 512, 16 + 22 * count)
        pixels = np.asarray(sheet.convert("RGB"))
    wanted = heatvid.to_rgb(np.arange(512)[None] // 2 / 255, cmap="viridis", vmin=0, vmax=1)[0]
    for row in range(count):
        np.testing.assert_array_equal(pixels[8 + 22 * row + 11, 246 : 246 + 512], wanted)
    assert main(["cmaps", "virid", "-o", "sheet.png", "--overwrite"]) == 0


def test_names_on_a_sheet_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps", "cyclic-protanopic-deuteranopic", "-o", "sheet.png"]) == 0
    with Image.open("sheet.png") as sheet:
        names = np.asarray(sheet.convert("L"))[:, : -(512 + 8)]
    assert names[:, :-8].min() < 128
    assert (names[:, -8:] == 255).all()


def test_a_sheet_that_cannot_be_written_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.png").write_bytes(b"old")

    def full(self: Image.Image, path: str, **_: object) -> None:
        Path(path).write_bytes(b"cut")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    arguments = ["cmaps", "viridis", "-o", str(tmp_path / "sheet.png"), "--overwrite"]
    assert "sheet.png: no space left on device" in refused(capsys, arguments)
    assert only(tmp_path) == ["sheet.png"]
    assert (tmp_path / "sheet.png").read_bytes() == b"old"


def test_demo_renders_a_flow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid._tools import demo

    monkeypatch.setattr(demo, "FRAMES", 3)
    monkeypatch.setattr(demo, "CROSSINGS", 0.05)
    monkeypatch.setattr(demo, "SETTLING_TIME", 0.1)
    assert main(["demo"]) == 0
    assert re.match(r"demo.mp4: 3 frames, 1920x720, 30 fps, ", capsys.readouterr().out)
    assert main(["demo", "-o", "demo.mp4", "--overwrite", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_doctor_says_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"ffmpeg +\d+\.\d+", out)
    assert re.search(r"H.264 \(.mp4\) +works", out)
    assert re.search(r"backends\n +cuda +\S.*\n +numba +\S.*\n +numpy +works\n", out)
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["works"] is True
    assert set(report["videos"].values()) == {"works"}
    assert {name: why_not(name) or "works" for name in BACKENDS} == report["backends"]


def test_doctor_fails_where_ffmpeg_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/no/such/ffmpeg")
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "IMAGEIO_FFMPEG_EXE: /no/such/ffmpeg does not exist" in out
    assert err == ""
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["works"] is False


@pytest.mark.parametrize("command", ["", "render", "inspect", "cmaps", "demo", "doctor"])
def test_help_fits_a_terminal(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: heatvid{' ' if command else ''}{command}")
    assert max(map(len, out.splitlines())) <= 80


def test_the_help_of_render_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["render", "--help"])
    out = capsys.readouterr().out
    for option in option_fields():
        name = "no-progress" if option.name == "progress" else option.name.replace("_", "-")
        assert re.search(rf"^  (-\w [^ ,]+, )?--{name}\b", out, re.MULTILINE), name


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"heatvid {heatvid.__version__}\n"


# --- terminals and pipes ----------------------------------------------------------------------


def _on_a_terminal(*arguments: str) -> tuple[int, str]:
    """Exit code, and what standard error shows on a terminal 100 columns wide."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "heatvid", *arguments], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = io.BytesIO()
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        shown.write(chunk)
    os.close(ours)
    return process.wait(), shown.getvalue().decode()


@posix
def test_progress_is_shown_on_a_terminal(data: np.ndarray) -> None:
    code, shown = _on_a_terminal("render", "data.npy", "-o", "out.mp4", "--batch-size", "1")
    assert code == 0
    for stage in ("statistics", "rendering"):
        last = [part for part in re.split(r"[\r\n]+", shown) if part.startswith(stage)][-1]
        assert re.match(rf"{stage}: 100%\|.*\| 6/6 \[\d\d:\d\d<\d\d:\d\d, .*frame/s\]", last), last


@posix
def test_progress_counts_every_pass_in_the_whole(data: np.ndarray) -> None:
    for command, stage in (
        (("render", "data.npy", "-o", "out.mp4", "--percentiles", "1", "99"), "statistics"),
        (("inspect", "data.npy"), "reading"),
    ):
        code, shown = _on_a_terminal(*command)
        assert code == 0
        last = [part for part in re.split(r"[\r\n]+", shown) if part.startswith(stage)][-1]
        bar = re.match(rf"{stage}: 100%\|.*\| (\d+)/(\d+) ", last)
        assert bar is not None, last
        assert bar[1] == bar[2]
        assert int(bar[1]) > len(data)
        assert int(bar[1]) % len(data) == 0


@posix
@pytest.mark.parametrize("flag", ["--quiet", "--no-progress"])
def test_progress_is_not_shown_where_it_is_not_wanted(flag: str, data: np.ndarray) -> None:
    assert _on_a_terminal("render", "data.npy", "-o", "out.mp4", flag) == (0, "")


def test_progress_is_not_shown_in_a_pipe(data: np.ndarray) -> None:
    done = heatvid_process("render", "data.npy", "-o", "out.mp4")
    assert (done.returncode, done.stderr) == (0, "")


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["cmaps"], ["cmaps", "virid"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str], unbuffered: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "heatvid", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 0


WRITING = ["render data.npy -o out.mp4", "cmaps virid -o out.png"]
SHOWING = ["inspect data.npy", "cmaps", "--version", "--help"]
full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def printing_to(where: str, line: str, unbuffered: str = "") -> tuple[int, str]:
    """Run a command whose standard output leads elsewhere; its exit code, what it says of that."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m heatvid {line} {where}', sys.executable],
        capture_output=True, text=True, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert done.stdout == ""
    return done.returncode, done.stderr


@full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", SHOWING)
def test_what_was_asked_for_and_cannot_be_printed_is_an_error(
    line: str, unbuffered: str, data: np.ndarray
) -> None:
    code, said = printing_to(">/dev/full", line, unbuffered)
    assert code == 1
    assert said.startswith("heatvid: error: standard output cannot be written: no space left on")
    assert said.count("\n") == 1


@full
@pytest.mark.parametrize("line", WRITING)
def test_a_summary_that_cannot_be_printed_leaves_the_exit_code_of_a_whole_output(
    line: str, data: np.ndarray
) -> None:
    code, said = printing_to(">/dev/full", line)
    assert code == 0
    assert re.fullmatch(
        "heatvid: warning: standard output cannot be written: no space left [^\n]*; the output is "
        "whole\n",
        said,
    )
    assert {"out.mp4", "out.png"} & set(os.listdir())


@posix
@pytest.mark.parametrize("where", [">&-", "2>&- >&- <&-", "| true"])
@pytest.mark.parametrize("line", [*WRITING, *SHOWING])
def test_closed_streams_change_no_exit_code_and_no_output(
    line: str, where: str, data: np.ndarray
) -> None:
    assert printing_to(where, line) == (0, "")
    for name in {"out.mp4", "out.png"} & set(os.listdir()):
        head = Path(name).read_bytes()[:8]
        assert head in (b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftyp"), head


@posix
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_an_error_without_a_place_keeps_its_exit_code(stderr: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m heatvid inspect missing.npy {stderr}', sys.executable],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")


def test_the_command_starts_quickly(data: np.ndarray) -> None:
    since = time.perf_counter()
    heatvid_process("--help")
    assert time.perf_counter() - since < 3
