"""What goes wrong with a sequence alone: its files that are moved together, and its folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._encode import output_sequence
from heatvid._encode.opening import open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._errors import EncoderError, OptionError
from heatvid._frames import Bytes
from tests.support.lines import clear_line
from tests.support.sinks import no_file_larger_than

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's renaming or limits")
CANVAS = Canvas("rgb24", 90, 120)


def start(path: Path | str) -> FileSink:
    return open_sink(OutputSettings(path, CANVAS, Fraction(30), overwrite=True))


def noise() -> Bytes:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (4, CANVAS.frame_bytes), dtype=np.uint8)


@pytest.fixture
def sequence(tmp_path: Path) -> Iterator[Path]:
    """Existing pictures that have to survive, alone in their folder."""
    folder = tmp_path / "good"
    folder.mkdir()
    names = ["000.png", "001.png", "002.png"]
    for each in names:
        (folder / each).write_bytes(each.encode())
    yield folder / "%03d.png"
    assert sorted(os.listdir(folder)) == names
    assert [(folder / each).read_bytes() for each in names] == [each.encode() for each in names]


@posix
@pytest.mark.parametrize("at", range(7))
def test_a_move_that_fails_is_undone(
    sequence: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Three files are moved away, and four into their place."""
    replace, calls = os.replace, 0

    def fail_once(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise OSError(28, "No space left on device")
        replace(source, target)

    sink = start(sequence)
    sink.write(noise())
    monkeypatch.setattr(output_sequence.os, "replace", fail_once)
    with pytest.raises(EncoderError, match="cannot be written: no space left on device"):
        sink.finish()
    assert calls > at


def test_a_file_that_is_lost_meanwhile_is_missed(sequence: Path) -> None:
    sink = start(sequence)
    sink.write(noise())
    deadline = time.monotonic() + 10
    [hidden] = [path for path in sequence.parent.iterdir() if path.is_dir()]
    while not (hidden / "002.png").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    sink._pending[2].result()
    (hidden / "002.png").unlink()
    with pytest.raises(EncoderError, match="4 frames were written, and 1 are missing"):
        sink.finish()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read-only for everyone")
def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(OptionError, match="the folder /proc cannot be written") as caught:
        start("/proc/heatvid/%d.png")
    clear_line(caught.value)


def test_two_jobs_that_make_one_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "new" / "%d.png"
    first = start(path)
    with pytest.raises(OptionError, match="is being written by another job") as caught:
        start(path)
    clear_line(caught.value)
    first.write(noise())
    first.finish()
    assert sorted(os.listdir(path.parent)) == [f"{i}.png" for i in range(4)]


def test_two_sequences_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    first, second = start(tmp_path / "new" / "a%d.png"), start(tmp_path / "new" / "b%d.png")
    second.write(noise())
    first.abort()
    second.finish()
    assert sorted(os.listdir(tmp_path / "new")) == [f"b{i}.png" for i in range(4)]


@posix
def test_a_folder_that_was_made_for_frames_goes_with_them(tmp_path: Path) -> None:
    sink = start(tmp_path / "new" / "%d.png")
    sink.write(noise())
    sink.abort()
    assert os.listdir(tmp_path) == []
    with (
        pytest.raises(EncoderError, match="cannot be written: "),
        no_file_larger_than(20_000),
        start(tmp_path / "new" / "%d.png") as sink,
    ):
        sink.write(noise())
    assert os.listdir(tmp_path) == []
