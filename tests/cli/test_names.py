"""Odd names of files are names, and are shown on one line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from heatvid.cli import main
from tests.support.command import heatvid_process, posix
from tests.support.videos import only, rgb_of

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


LONG = ["n" * 4990, "/".join(["d" * 49] * 100)]
TAKEN = {
    "source": ["render", "{}.npy", "-o", "o.mp4"],
    "archive": ["inspect", "{}.npz"],
    "store": ["inspect", "{}.zarr"],
    "pattern": ["inspect", "{}/*.png"],
    "unknown": ["inspect", "{}.docx"],
    "array of a file": ["render", "data.npy", "-b", "{}.npz:x", "-o", "o.mp4"],
    "background": ["render", "data.npy", "-b", "{}.mp4", "-o", "o.mp4"],
    "mask": ["render", "data.npy", "-b", "red", "--alpha-mask", "{}.png", "-o", "o.mp4"],
    "output": ["render", "data.npy", "-o", "{}.mp4"],
    "pictures": ["render", "data.npy", "-o", "{}%05d.png"],
    "page": ["render", "data.npy", "-o", "{}.html"],
    "suffix": ["render", "data.npy", "-o", "{}.x"],
    "like": ["render", "data.npy", "-o", "o.mp4", "--like", "{}.mp4"],
    "font": ["render", "data.npy", "-o", "o.mp4", "--text", "x", "--font", "{}.ttf"],
    "dump of a batch": ["batch", "{}.npy", "-o", "out"],
    "manifest": ["batch", "{}.csv", "-o", "out"],
    "folder": ["batch", "data.npy", "-o", "{}"],
    "gallery": ["gallery", "{}"],
    "sheet": ["cmaps", "-o", "{}.png"],
    "command": ["{}"],
}


@posix
@pytest.mark.parametrize("path", LONG, ids=["name", "folders"])
@pytest.mark.parametrize("arguments", TAKEN.values(), ids=TAKEN)
def test_a_path_that_is_far_too_long_is_an_error_of_its_end(
    arguments: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.replace("{}", path) for word in arguments]) in (1, 2)
    lines = "".join(capsys.readouterr()).splitlines()
    assert lines
    assert max(map(len, lines)) < 1000


@posix
def test_of_a_long_path_its_end_is_shown(
    data: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path.joinpath(*["p" * 100] * 30)
    folder.mkdir(parents=True)
    np.save(folder / "dump.npy", data)
    end = "p" * 100
    assert main(["render", f"{folder}/dump.npy", "-o", f"{folder}/video.mp4"]) == 0
    assert main(["render", f"{folder}/dump.npy", "-o", f"{folder}/video.mp4"]) == 2
    assert main(["inspect", f"{folder}/dump.npy"]) == 0
    out, err = capsys.readouterr()
    said = [out.splitlines()[0], err.splitlines()[0], out.splitlines()[1]]
    for line, name in zip(said, ("video.mp4: 6 f", "video.mp4: exists", "dump.npy"), strict=True):
        assert f"{end}/{name}" in line
        assert "..." in line
        assert len(line) < 500
    assert (folder / "video.mp4").exists()
