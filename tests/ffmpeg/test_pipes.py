"""Pipes take and give all bytes, lent ones without a copy, or say why not."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from heatvid._ffmpeg import pipes
from heatvid._ffmpeg.pipes import Lender, StalledError, prepare
from heatvid._frames import Bytes, page_aligned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lends memory to pipes")

PATIENCE_SECONDS = 20  # a test that waits this long has found a hang
PROGRAM = sys.executable


@pytest.fixture
def ends() -> Iterator[tuple[FileIO, FileIO]]:
    read, write = os.pipe()
    with FileIO(read, "r") as reader, FileIO(write, "w") as writer:
        prepare(writer)
        yield reader, writer


def frame(size: int = 1 << 20, seed: int = 0, offset: int = 0) -> Bytes:
    memory = page_aligned((size + offset,), np.uint8)[offset:]
    memory[:] = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    return memory


def read(reader: FileIO, count: int) -> bytes:
    parts = []
    while count:
        assert select.select([reader], [], [], PATIENCE_SECONDS)[0], "nothing more comes"
        parts.append(reader.read(min(count, 100_000)))
        assert parts[-1], "the pipe ended early"
        count -= len(parts[-1])
    return b"".join(parts)


def in_background(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_what_is_lent_is_read_from_where_it_lies(ends: tuple[FileIO, FileIO]) -> None:
    reader, writer = ends
    lender, data = Lender(writer, PROGRAM), frame()
    lender.write(data, PATIENCE_SECONDS)
    assert lender.unread == data.size
    data[-1] = ~data[-1]  # as no one may who lends it
    assert read(reader, data.size) == data.tobytes()
    assert lender.unread == 0


@pytest.mark.parametrize("offset", [0, 1, 16, 4095])
@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1, 3_110_400])
def test_all_bytes_come_through_wherever_they_lie(
    ends: tuple[FileIO, FileIO], size: int, offset: int
) -> None:
    reader, writer = ends
    lender = Lender(writer, PROGRAM)
    frames = [frame(size, seed, offset) for seed in range(4)]

    def write() -> None:
        for data in frames:
            lender.write(data, PATIENCE_SECONDS)

    thread = in_background(write)
    for data in frames:
        assert read(reader, size) == data.tobytes()
    thread.join(PATIENCE_SECONDS)
    assert lender.unread == 0


def test_unread_counts_what_the_reader_has_not_taken(ends: tuple[FileIO, FileIO]) -> None:
    reader, writer = ends
    lender, data = Lender(writer, PROGRAM), frame()
    assert lender.unread == 0
    lender.write(data, PATIENCE_SECONDS)
    for left in (1_000_000, 4097, 1, 0):
        read(reader, lender.unread - left)
        assert lender.unread == left


def test_small_frames_are_copied(ends: tuple[FileIO, FileIO]) -> None:
    reader, writer = ends
    lender, data = Lender(writer, PROGRAM), frame(100_000)
    lender.write(data, PATIENCE_SECONDS)
    before = data.tobytes()
    data[:] = 0
    assert lender.unread == 0
    assert read(reader, data.size) == before


@pytest.mark.parametrize("what", ["script", "missing"])
def test_only_programs_are_lent_to(ends: tuple[FileIO, FileIO], tmp_path: Path, what: str) -> None:
    reader, writer = ends
    program = tmp_path / "ffmpeg"
    if what == "script":
        program.write_text("#!/bin/sh\ncat | ffmpeg\n")
    lender, data = Lender(writer, str(program)), frame(1 << 20)
    thread = in_background(lambda: lender.write(data, PATIENCE_SECONDS))
    before = read(reader, 1 << 16)  # the copy begins at once
    thread.join(PATIENCE_SECONDS)
    expected = data.tobytes()
    data[:] = 0
    assert lender.unread == 0
    assert before + read(reader, data.size - len(before)) == expected


class Answers:
    """Stands in for the system's function: takes a few bytes, or sets an error; then it is it."""

    def __init__(self, function: object, *answers: int) -> None:
        self.function: Callable[..., int] = function  # type: ignore[assignment]
        self.answers = list(answers)

    def __call__(self, fd: int, extent: object, count: int, flags: int) -> int:
        answer = self.answers.pop(0) if self.answers else 1 << 30
        if answer < 0:
            ctypes.set_errno(-answer)
            return -1
        extent[1] = min(answer, extent[1])  # type: ignore[index]
        return self.function(fd, extent, count, flags)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM, errno.EFAULT, errno.EINVAL])
def test_where_the_system_lends_no_more_the_rest_is_copied(
    ends: tuple[FileIO, FileIO], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    reader, writer = ends
    answers = Answers(pipes._vmsplice(), 5000, -code)
    monkeypatch.setattr(pipes, "_vmsplice", lambda: answers)
    lender, first, second = Lender(writer, PROGRAM), frame(seed=1), frame(seed=2)

    def write() -> None:
        lender.write(first, PATIENCE_SECONDS)
        lender.write(second, PATIENCE_SECONDS)

    thread = in_background(write)
    while answers.answers:
        time.sleep(0.001)
    read_back = read(reader, 4000)
    assert lender.unread >= 1000  # what was lent before is still counted
    read_back += read(reader, first.size + second.size - 4000)
    thread.join(PATIENCE_SECONDS)
    assert read_back == first.tobytes() + second.tobytes()
    assert not answers.answers


def test_an_interrupted_call_is_made_again(
    ends: tuple[FileIO, FileIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = ends
    answers = Answers(pipes._vmsplice(), -errno.EINTR, 70_000, -errno.EINTR)
    monkeypatch.setattr(pipes, "_vmsplice", lambda: answers)
    lender, data = Lender(writer, PROGRAM), frame()
    thread = in_background(lambda: lender.write(data, PATIENCE_SECONDS))
    assert read(reader, data.size) == data.tobytes()
    thread.join(PATIENCE_SECONDS)


def test_a_reader_that_is_gone_is_a_broken_pipe(ends: tuple[FileIO, FileIO]) -> None:
    reader, writer = ends
    lender = Lender(writer, PROGRAM)
    reader.close()
    with pytest.raises(BrokenPipeError):
        lender.write(frame(), PATIENCE_SECONDS)


def test_a_reader_that_takes_nothing_is_stalled(ends: tuple[FileIO, FileIO]) -> None:
    _, writer = ends
    lender = Lender(writer, PROGRAM)
    with pytest.raises(StalledError, match=r"0\.05 seconds"):
        lender.write(frame(2 << 20), 0.05)


def test_what_was_lent_outlives_its_memory(ends: tuple[FileIO, FileIO]) -> None:
    """The system keeps the pages that a pipe holds when the process maps others in their place."""
    import mmap

    reader, writer = ends
    mapped = mmap.mmap(-1, 1 << 20)
    data = np.frombuffer(mapped, np.uint8)
    data[:] = 7
    Lender(writer, PROGRAM).write(data, PATIENCE_SECONDS)
    del data
    mapped.close()
    assert read(reader, 1 << 20) == bytes([7]) * (1 << 20)
