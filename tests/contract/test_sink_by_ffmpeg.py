"""However ffmpeg fails, a sink that it writes for ends in one clear line and leaves nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heatvid._encode.sink import FileSink
from heatvid._errors import EncoderError, MissingDependencyError
from heatvid._frames import Bytes
from tests.support.fake_ffmpeg import put_fake_ffmpeg
from tests.support.lines import clear_line
from tests.support.sinks import (
    BY_FFMPEG,
    Kind,
    contents,
    kept_output,
    name_of,
    pid_of,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals and scripts")


@pytest.fixture(params=BY_FFMPEG, ids=name_of)
def kind(request: pytest.FixtureRequest) -> Any:
    request.param.prepare()
    return request.param


@pytest.fixture
def good(kind: Kind, tmp_path: Path) -> Iterator[Path]:
    """A folder of an earlier output that has to survive, and nothing else."""
    with kept_output(kind, tmp_path / "good") as folder:
        yield folder


def write_on(sink: FileSink, frames: Bytes, count_bytes: int) -> None:
    for _ in range(1 + count_bytes // frames.nbytes):
        sink.write(frames)
    sink.finish()


def end_of(kind: Kind, sink: FileSink, pipes: int) -> str:
    """Write as much as so many pipes hold, and finish; what is said as it fails."""
    with pytest.raises(EncoderError) as caught:
        write_on(sink, kind.noise(4), pipes << 20)
    return clear_line(caught.value, f"{sink.settings.output}: ")  # type: ignore[str-bytes-safe]


GONE = {
    "exit 0": "ffmpeg exited with code 0 after",
    "cat >/dev/null; exit 0": "frames were written, and 0 are in the file",
    "exit 1": "it gave no reason",
    "cat >/dev/null; exit 1": "ffmpeg exited with code 1 after",
    "echo bad luck >&2; exit 7": ": bad luck",
    "head -c 40000 >/dev/null; kill -9 $$": "ffmpeg was killed by SIGKILL after",
    "head -c 40000 >/dev/null; kill -TERM $$": "ffmpeg was killed by SIGTERM after",
}
STUCK = {
    "sleep 60": "ffmpeg made no progress for 0.3 seconds (HEATVID_STALL_SECONDS allows more)",
    "kill -STOP $$": "ffmpeg made no progress for 0.3 seconds",
    "cat >/dev/null; sleep 60": "ffmpeg did not end within 0.3 seconds after",
    "cat >/dev/null; kill -STOP $$": "ffmpeg did not end within 0.3 seconds after",
}


@pytest.mark.parametrize("body", GONE)
def test_ffmpeg_fails(
    kind: Kind, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    put_fake_ffmpeg(tmp_path, monkeypatch, body)
    assert GONE[body] in end_of(kind, kind.start(good, overwrite=True), pipes=2)


@pytest.mark.parametrize("body", STUCK)
def test_ffmpeg_never_ends(
    kind: Kind, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    put_fake_ffmpeg(tmp_path, monkeypatch, body)
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.3")
    # What reads the pipe is given no more than it holds, lest a busy machine look like a stall.
    pipes = 0 if body.startswith("cat") else 2
    assert STUCK[body] in end_of(kind, kind.start(good, overwrite=True), pipes)


def test_a_megabyte_on_standard_error_does_not_block(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_fake_ffmpeg(
        tmp_path, monkeypatch, 'head -c 1000000 /dev/zero | tr "\\0" x >&2; exec "$REAL" "$@"'
    )
    kind.write(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(["ffmpeg", *kind.names(5)])


def test_ffmpeg_loses_the_last_frame(
    kind: Kind, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_fake_ffmpeg(tmp_path, monkeypatch,
         f'case "$*" in *pipe:0*) head -c {kind.piped_bytes * 3} | "$REAL" "$@";;'
         ' *) exec "$REAL" "$@";; esac')  # fmt: skip
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(4))
    with pytest.raises(EncoderError, match="4 frames were written, and 3 are in the file"):
        sink.finish()


def test_without_ffmpeg_nothing_is_begun(
    kind: Kind, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(good / "none"))
    with pytest.raises(MissingDependencyError, match="does not exist; pip install imageio-ffmpeg"):
        kind.start(good, overwrite=True)


@pytest.mark.parametrize("after", [0, 1, 5, 40])
def test_ffmpeg_is_killed_at_a_frame(kind: Kind, good: Path, after: int) -> None:
    after = max(after, kind.looked_at)
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(after or 1)[:after])
    os.kill(pid_of(sink), signal.SIGKILL)
    assert "ffmpeg was killed by SIGKILL after" in end_of(kind, sink, pipes=2)
    assert sink.frames >= after


def test_ffmpeg_is_stopped_in_the_middle(
    kind: Kind, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.3")
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(4))
    os.kill(pid_of(sink), signal.SIGSTOP)
    assert "made no progress" in end_of(kind, sink, pipes=3)


def test_ffmpeg_ends_by_a_signal_that_leaves_a_playable_file(kind: Kind, good: Path) -> None:
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(40))
    os.kill(pid_of(sink), signal.SIGTERM)
    assert "frames were written" in end_of(kind, sink, pipes=2)


def test_the_process_of_a_forgotten_sink_is_gone(kind: Kind, good: Path) -> None:
    sink = kind.start(good, overwrite=True)
    sink.write(kind.noise(1))  # some begin with it
    pid = pid_of(sink)
    del sink
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
