"""A sequence takes the place of an earlier one as a whole, whatever cuts it short."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._encode.opening import open_sink
from heatvid._encode.output_sequence import OutputSequence
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._errors import EncoderError

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals")
CANVAS = Canvas("gray", 4, 6)


def begin(path: Path, count: int, value: int, *, overwrite: bool = True) -> FileSink:
    sink = open_sink(OutputSettings(path, CANVAS, Fraction(30), overwrite=overwrite))
    sink.write(np.full((count, CANVAS.frame_bytes), value, np.uint8))
    return sink


def written(path: Path, count: int, value: int) -> dict[str, bytes]:
    begin(path, count, value).finish()
    return contents(path.parent)


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


@pytest.fixture
def sequences(tmp_path: Path) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """A pattern, five old files that stand under it, and what three new ones will be."""
    (tmp_path / "other").mkdir()
    new = written(tmp_path / "other" / "%03d.png", 3, 99)
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "%03d.png"
    return path, written(path, 5, 11), new


# --- signals ---------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("second", [1, 2, 5])
@pytest.mark.parametrize("first", [1, 4, 6, 8])
def test_two_interrupts_within_a_commit_lose_no_file(
    sequences: tuple[Path, dict[str, bytes], dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
    first: int,
    second: int,
) -> None:
    path, old, new = sequences
    replace, calls = os.replace, 0

    def interrupted(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls in (first, first + second):
            signal.raise_signal(signal.SIGINT)
        replace(source, target)

    sink = begin(path, 3, 99)
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sink.finish()
    monkeypatch.undo()
    sink.abort()
    assert contents(path.parent) in (old, new)
    assert sorted(os.listdir(path.parent)) == sorted(contents(path.parent))


# --- every step ------------------------------------------------------------------------------


@posix
def test_a_death_at_any_step_and_another_while_settling_leave_one_sequence_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.deaths", "--files", "2"],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\d+ deaths: {'new': \d+, 'old': \d+}\n", done.stdout), done.stdout


def test_replaced_files_that_cannot_be_put_back_now_are_kept_for_the_next_start(
    sequences: tuple[Path, dict[str, bytes], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, old, _ = sequences
    sink, replace, calls = begin(path, 3, 99), os.replace, 0

    def refuse(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise OSError(5, "Input/output error")
        replace(source, target)

    with monkeypatch.context() as patch:
        for name in ("replace", "link", "rename"):
            patch.setattr(os, name, refuse)
        with pytest.raises(EncoderError, match="cannot be written: Input/output error"):
            sink.finish()
    assert len(contents(path.parent)) == 2
    begin(path, 1, 0).abort()
    assert contents(path.parent) == old
    assert sorted(os.listdir(path.parent)) == sorted(old)


# --- whose files -----------------------------------------------------------------------------


def test_a_shorter_sequence_replaces_a_longer_one_and_no_file_of_others(tmp_path: Path) -> None:
    path = tmp_path / "%03d.png"
    begin(path, 6, 11).finish()
    kept = (tmp_path / "003.png").read_bytes()
    mine = {"007.png": b"mine", "999.png": kept}  # copied: heatvid made it under another number
    for name, text in mine.items():
        (tmp_path / name).write_bytes(text)
    begin(path, 3, 99).finish()
    found = contents(tmp_path)
    assert sorted(found) == ["000.png", "001.png", "002.png", *mine]
    assert {name: found[name] for name in mine} == mine


@pytest.mark.parametrize(("name", "step"), [("%d.png", "mkdir"), ("1.png", "fsync")])
def test_a_picture_that_is_made_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    """It is made when the commit has looked whether there is one."""
    sink = begin(tmp_path / name, 3 if "%" in name else 1, 99, overwrite=False)
    change = getattr(os, step)

    def beaten(*arguments: Any) -> None:
        change(*arguments)
        (tmp_path / "1.png").write_bytes(b"mine")

    monkeypatch.setattr(os, step, beaten)
    with pytest.raises(EncoderError, match="appeared under"):
        sink.finish()
    assert contents(tmp_path) == {"1.png": b"mine"}
    assert os.listdir(tmp_path) == ["1.png"]


@pytest.mark.parametrize("name", ["%d.png", "0.png"])
def test_a_file_system_without_links_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    begin(tmp_path / name, 1, 99, overwrite=False).finish()
    assert os.listdir(tmp_path) == ["0.png"]


def test_an_older_pattern_is_settled_by_its_own_next_start_only(tmp_path: Path) -> None:
    hidden = OutputSequence(tmp_path / "%d.png", overwrite=False)
    Path(hidden.path_of(0)).write_bytes(b"")
    begin(tmp_path / "%03d.png", 1, 0).finish()
    assert Path(hidden.path_of(0)).exists()
    hidden.discard()
    assert os.listdir(tmp_path) == ["000.png"]
