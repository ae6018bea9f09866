"""What the command refuses: one line on standard error, and an exit code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid.cli import main
from tests.support.command import heatvid_process, refused
from tests.support.videos import numbered, only


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
        (["render", "data.npy", "-o", "o.mp4", "--percentiles", "9"], "expected LO HI"),
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
        (["render", "data.npy", "-o", "new/one.png"], "one.png: 6 frames for a single picture"),
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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--legend",), "argument --legend: expected right|left|bottom|top|inside; "),
        (("--percentiles", "1"), "argument --percentiles: expected LO HI; "),
        (("-o",), "argument -o/--output: expected one argument; "),
    ],
)
def test_what_is_missing_is_named(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, ["render", "x.npy", *arguments]).startswith(words)
