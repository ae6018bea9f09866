"""Every sink keeps the promises of ``Sink``: a whole output under its final name, or none."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid._encode.output_file import temporary_name
from heatvid._encode.sink import FileSink
from heatvid._errors import EncoderError, OptionError
from tests.support.footprint import counted, footprint
from tests.support.lines import clear_line
from tests.support.sinks import (
    EXACT,
    KINDS,
    OF_ANY_LENGTH,
    Kind,
    contents,
    demand_earlier_output,
    folder_of,
    kept_output,
    name_of,
    put_earlier_output,
    start_job,
    wait_until_gone,
)

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals")


@pytest.fixture(params=KINDS, ids=name_of)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def good(kind: Kind, tmp_path: Path) -> Iterator[Path]:
    """A folder of an earlier output that has to survive, and nothing else."""
    with kept_output(kind, tmp_path / "good") as folder:
        yield folder


# --- whole outputs ---------------------------------------------------------------------------


@pytest.mark.parametrize("lend", [False, True])
def test_frames_come_back(kind: Kind, tmp_path: Path, lend: bool) -> None:
    kind = kind.large() if lend else kind  # no pipe is lent less
    frames = kind.ramps(2 if lend else 6)
    with kind.start(tmp_path) as sink:
        for part in np.split(frames, [1, 1, 3]):  # one of the portions is empty
            sink.write(part, lend=lend)
        assert 0 <= sink.unread <= frames.nbytes
    assert sink.unread == 0
    assert sink.frames == len(frames)
    assert sorted(os.listdir(tmp_path)) == kind.names(len(frames))
    found = kind.decode(tmp_path)
    np.testing.assert_allclose(found.mean(axis=1), frames.mean(axis=1), atol=3)


@pytest.mark.parametrize("kind", EXACT, ids=name_of)
@pytest.mark.parametrize("size", ["small", "large"])
def test_an_exact_output_gives_the_bytes_that_were_written(
    kind: Kind, tmp_path: Path, size: str
) -> None:
    kind = kind if size == "small" else kind.large()
    frames = kind.noise(12) if size == "small" else kind.ramps(2)
    memory = np.empty((1, kind.canvas.frame_bytes), np.uint8)
    with kind.start(tmp_path) as sink:
        for frame in frames:
            memory[:] = frame  # what was written may be overwritten at once
            sink.write(memory)
    np.testing.assert_array_equal(kind.decode(tmp_path), frames)


def test_nothing_is_unread_once_it_is_given_up(kind: Kind, good: Path) -> None:
    large = kind.large()
    sink = large.start(good, overwrite=True)
    sink.write(large.ramps(1), lend=True)
    sink.abort()
    assert sink.unread == 0


def test_the_final_names_appear_when_all_is_whole(kind: Kind, tmp_path: Path) -> None:
    put_earlier_output(kind, tmp_path / "x")
    kind.write(tmp_path / "x", 3, overwrite=True)  # whose third file, if there is one, has to go
    before = contents(tmp_path / "x")
    sink = kind.start(tmp_path / "x", overwrite=True)
    sink.write(kind.ramps(2))
    now = contents(tmp_path / "x")
    assert {name: now[name] for name in before} == before
    assert all(name.startswith(".") for name in now.keys() - before.keys())
    sink.finish()
    after = contents(tmp_path / "x")
    assert sorted(after) == sorted([*kind.names(2), "other.txt"])
    assert after["other.txt"] == before["other.txt"]
    assert not any(after[name] == before[name] for name in kind.names(2))


def test_an_existing_output_is_kept_unless_it_may_be_replaced(kind: Kind, good: Path) -> None:
    with pytest.raises(OptionError, match=r"exists already; .*overwrite=True \(--overwrite\)"):
        kind.start(good)


def test_an_output_that_appears_meanwhile_is_kept(kind: Kind, tmp_path: Path) -> None:
    sink = kind.start(tmp_path)
    sink.write(kind.noise())
    [name] = kind.names(1)
    (tmp_path / name).write_bytes(b"another")
    with pytest.raises(EncoderError, match=r"other files? ha(s|ve) appeared"):
        sink.finish()
    assert contents(tmp_path) == {name: b"another"}


def test_finishing_twice_is_harmless_and_writing_afterwards_an_error(
    kind: Kind, tmp_path: Path
) -> None:
    sink = kind.start(tmp_path)
    sink.write(kind.noise())
    sink.finish()
    sink.finish()
    sink.abort()
    with pytest.raises(EncoderError, match="the encoder is closed"):
        sink.write(kind.noise())
    assert sorted(os.listdir(tmp_path)) == kind.names(4)


# --- ends that are not finish() --------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 9])
def test_aborting_at_any_frame_leaves_nothing_and_is_final(
    kind: Kind, good: Path, count: int
) -> None:
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(9)[:count])
    sink.abort()
    sink.abort()
    demand_earlier_output(kind, good)
    for action in (lambda: sink.write(kind.noise(1)), sink.finish):
        with pytest.raises(EncoderError, match="the encoder is closed"):
            action()


def test_no_frames_at_all_are_an_error(kind: Kind, good: Path) -> None:
    with (
        pytest.raises(EncoderError, match="no frames were written"),
        kind.start(good, overwrite=True),
    ):
        pass


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt("mine")], ids=repr)
def test_an_exception_in_the_block_leaves_nothing(
    kind: Kind, good: Path, error: BaseException
) -> None:
    def fail() -> None:
        with kind.start(good, overwrite=True) as sink:
            sink.write(kind.noise())
            raise error

    with pytest.raises(type(error), match="mine"):
        fail()


@pytest.mark.parametrize("cycle", [False, True])
def test_a_forgotten_sink_leaves_nothing(kind: Kind, good: Path, cycle: bool) -> None:
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise())
    if cycle:  # which only the collector finds
        sink.itself = sink  # type: ignore[attr-defined]
    del sink
    for _ in range(cycle):
        gc.collect()


def write_until_it_fails(kind: Kind, sink: FileSink, written: threading.Event) -> None:
    frames = kind.noise(1)
    for _ in range(10_000):
        sink.write(frames)
        written.set()


@pytest.mark.parametrize("kind", OF_ANY_LENGTH, ids=name_of)
@pytest.mark.parametrize("how", ["abort", "kill"])
def test_ending_it_from_another_thread_ends_a_write(kind: Kind, good: Path, how: str) -> None:
    large = kind.large()
    sink, written = large.start(good, overwrite=True), threading.Event()

    def end() -> None:
        written.wait(10)
        getattr(sink, how)()

    other = threading.Thread(target=end)
    other.start()
    with pytest.raises(EncoderError, match=r"the encoder is closed|after \d+ frames") as caught:
        write_until_it_fails(large, sink, written)
    clear_line(caught.value)
    other.join()
    sink.abort()


# --- dead processes --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[signal.SIGKILL, signal.SIGTERM], ids=lambda s: s.name)
def killed_job(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of a process that wrote to every sink when it was killed."""
    folder = tmp_path_factory.mktemp("killed")
    returncode, _ = ended_job(folder, int(request.param))
    assert returncode == -request.param
    return folder


@pytest.fixture(scope="module")
def exited_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of a process that wrote to every sink when its interpreter ended."""
    folder = tmp_path_factory.mktemp("exited")
    assert ended_job(folder, 0) == (5, "")
    return folder


@pytest.fixture(scope="module")
def interrupted_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of a process that wrote to every sink when Ctrl-C was pressed."""
    folder = tmp_path_factory.mktemp("interrupted")
    for each in KINDS:
        put_earlier_output(each, folder_of(each, folder))
    with start_job("write_for_ever", folder) as job:
        assert job.stdout is not None
        pids = [int(word) for word in job.stdout.readline().split()]
        time.sleep(0.05)  # into it
        os.killpg(job.pid, signal.SIGINT)  # to the whole group, as a terminal does
        _, said = job.communicate(timeout=20)
    assert job.returncode != 0
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    for pid in pids:
        wait_until_gone(pid)
    return folder


def ended_job(folder: Path, number: int) -> tuple[int, str]:
    """Exit code and standard error of a job that ends with all sinks unfinished."""
    for each in KINDS:
        put_earlier_output(each, folder_of(each, folder))
    with start_job("leave_unfinished", folder, number) as job:
        pids, said = job.communicate(timeout=60)
    assert pids, said
    for pid in pids.split():
        wait_until_gone(int(pid))
    return job.returncode, said


@posix
def test_what_a_killed_job_left_is_replaced_by_the_next(kind: Kind, killed_job: Path) -> None:
    folder = folder_of(kind, killed_job)
    left = contents(folder)
    assert any(name.startswith(".") for name in left)
    assert all(left[name] == f"good {name}".encode() for name in [*kind.names(3), "other.txt"])
    kind.start(folder, overwrite=True).abort()
    demand_earlier_output(kind, folder)


@posix
def test_the_end_of_the_interpreter_leaves_nothing(kind: Kind, exited_job: Path) -> None:
    demand_earlier_output(kind, folder_of(kind, exited_job))


@posix
def test_ctrl_c_leaves_nothing(kind: Kind, interrupted_job: Path) -> None:
    demand_earlier_output(kind, folder_of(kind, interrupted_job))


# --- two jobs --------------------------------------------------------------------------------


def test_of_two_jobs_with_one_output_the_second_is_refused(kind: Kind, tmp_path: Path) -> None:
    first = kind.start(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(OptionError, match="is being written by another job") as caught:
            kind.start(tmp_path, overwrite=overwrite)
        clear_line(caught.value)
    first.write(kind.noise())
    first.finish()
    assert sorted(os.listdir(tmp_path)) == kind.names(4)


def test_of_many_jobs_that_start_at_once_one_wins(kind: Kind, good: Path) -> None:
    (good / temporary_name(kind.output)).write_bytes(b"stale")
    won: list[FileSink] = []
    refused: list[OptionError] = []

    def begin() -> None:
        try:
            won.append(kind.start(good, overwrite=True))
        except OptionError as error:
            refused.append(error)

    run_at_once([begin] * 12)
    assert (len(won), len(refused)) == (1, 11)
    won[0].abort()


def run_at_once(actions: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- siblings and repetition -----------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_while_writing_neither_hangs_nor_aborts(kind: Kind, tmp_path: Path) -> None:
    sink = kind.start(tmp_path)
    sink.write(kind.noise(1))
    release = multiprocessing.get_context("fork").Event()
    child = multiprocessing.get_context("fork").Process(target=release.wait, args=(60,))
    child.start()
    pid = os.fork()
    if pid == 0:
        sink.abort()  # not this process's to end
        os._exit(0)
    os.waitpid(pid, 0)
    try:
        sink.write(kind.noise(8)[1:])
        sink.finish()
        assert child.is_alive()
    finally:
        release.set()
        child.join()
    assert sink.frames == kind.held(8)
    assert sorted(os.listdir(tmp_path)) == kind.names(8)


@counted
def test_many_sinks_in_a_row_use_constant_resources(kind: Kind, tmp_path: Path) -> None:
    frames = kind.noise(2)
    kind.write(tmp_path, 1)
    before = footprint()
    for i in range(int(os.environ.get("HEATVID_TEST_SINKS", "9"))):
        sink = kind.start(tmp_path, overwrite=True)
        sink.write(frames)
        (sink.finish, sink.abort, sink.kill)[i % 3]()
        sink.abort()
    assert footprint() == before
    assert sorted(os.listdir(tmp_path)) == kind.names(2)
