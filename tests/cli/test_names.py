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
