"""A file object gets a whole output, or nothing, and says so where it cannot be taken back."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._encode.output_file import OutputFile
from heatvid._encode.output_stream import OutputStream, Stream
from heatvid._errors import EncoderError, OptionError
from heatvid._options.output import FORMATS
from tests.support.clicks import video_with_clicks
from tests.support.fake_ffmpeg import put_fake_ffmpeg
from tests.support.lines import clear_line
from tests.support.videos import encoded, numbered, rgb_of

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's pipes, terminals or scripts")
EXACT: dict[str, Any] = {"vmin": 0, "vmax": 1, "lossless": True, "preset": "ultrafast"}
FAST: dict[str, Any] = {"vmin": 0, "vmax": 1, "preset": "ultrafast"}


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Where temporary files lie; nothing may be left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert os.listdir(folder) == []


class Unseekable(io.RawIOBase):
    """Takes some bytes at a time, up to a limit."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.data, self._most = bytearray(), most

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(self.data) + len(data) > self._most:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = bytes(data[:1000])
        self.data += part
        return len(part)


class Upload:
    """What has no more of a file than write(), which says nothing."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: Any) -> None:
        self.data += data


class Full(io.BytesIO):
    """Takes a part, and then no more."""

    def write(self, data: Any) -> int:
        super().write(bytes(data[:500]))
        raise OSError(errno.ENOSPC, "No space left on device")


# --- whole outputs -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_a_file_object_gets_what_a_file_would(tmp_path: Path, suffix: str) -> None:
    heatvid.render(numbered(), tmp_path / f"a.{suffix}", **EXACT)
    for file in (io.BytesIO(), Unseekable(), Upload()):
        result = heatvid.render(numbered(), file, format=suffix, **EXACT)
        data = file.getvalue() if isinstance(file, io.BytesIO) else bytes(file.data)
        assert data == (tmp_path / f"a.{suffix}").read_bytes()
        assert result.frames == 6
        assert str(result).startswith(f"<{type(file).__name__}>.{suffix}: 6 frames")
        assert result._repr_html_().startswith("<code>")


@pytest.mark.parametrize(
    "suffix", sorted(set(FORMATS) - {"mp4", "mov", "mkv", "webm", "avif", "exr", "html"})
)
def test_every_format_is_taken(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"o.{suffix}"
    with open(out, "wb") as file:
        heatvid.render(numbered(1), file, format=suffix, **FAST)
    assert rgb_of(out, 24, 32).shape == (1, 24, 32, 3)


@pytest.mark.parametrize("suffix", ["exr", "html"])
def test_what_holds_values_is_taken_too(tmp_path: Path, suffix: str) -> None:
    file = io.BytesIO()
    result = heatvid.render(numbered(1), file, format=suffix)
    assert str(result).startswith(f"<BytesIO>.{suffix}: 1 frame, 32x24, ")
    heatvid.render(numbered(1), tmp_path / f"o.{suffix}")
    assert file.getvalue() == (tmp_path / f"o.{suffix}").read_bytes()


def test_a_file_is_written_from_its_end_on(tmp_path: Path) -> None:
    heatvid.render(numbered(), tmp_path / "a.mp4", **FAST)
    with open(tmp_path / "b", "wb") as file:
        file.write(b"before")
        heatvid.render(numbered(), file, format="mp4", **FAST)
    assert (tmp_path / "b").read_bytes() == b"before" + (tmp_path / "a.mp4").read_bytes()


@posix
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    read, write = os.pipe()
    got: list[bytes] = []
    with open(read, "rb") as source:
        reader = threading.Thread(target=lambda: got.append(source.read()))
        reader.start()
        with open(write, "wb") as file:
            heatvid.render(np.random.default_rng(0).random((9, 240, 320)), file, format="mp4",
                           **EXACT)  # fmt: skip
        reader.join()
    (tmp_path / "a.mp4").write_bytes(got[0])
    assert len(got[0]) > 1 << 18
    assert rgb_of(tmp_path / "a.mp4", 240, 320).shape[0] == 9


def test_a_writer_and_sound_go_to_file_objects(tmp_path: Path) -> None:
    clip = video_with_clicks(tmp_path / "clip.mp4", "aac", frames=6, seconds=0.2)
    file = io.BytesIO()
    with heatvid.VideoWriter(file, format="mp4", background=clip, audio=True, **FAST) as video:
        video.write(numbered())
    (tmp_path / "a.mp4").write_bytes(file.getvalue())
    heatvid.render(numbered(), tmp_path / "b.mp4", background=clip, audio=True, **FAST)
    assert encoded(tmp_path / "a.mp4") == encoded(tmp_path / "b.mp4")
    assert video.result is not None
    assert video.result.sound == "aac"


# --- faults ------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("body", ["exit 1", "cat >/dev/null; exit 0", "kill -9 $$"])
def test_where_ffmpeg_fails_the_object_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    put_fake_ffmpeg(tmp_path, monkeypatch, body)
    file = io.BytesIO(b"before")
    file.seek(0, 2)
    with pytest.raises(EncoderError) as error:
        heatvid.render(numbered(), file, format="mp4", **FAST)
    clear_line(error.value, "<BytesIO>.mp4: ")
    assert (file.getvalue(), file.tell()) == (b"before", 6)


def test_an_exception_of_the_caller_leaves_the_object_as_it_was() -> None:
    file = io.BytesIO()
    video = heatvid.VideoWriter(file, format="mp4", **FAST)
    video.write(numbered())
    video.__exit__(ZeroDivisionError, None, None)
    assert file.getvalue() == b""


def test_what_an_object_took_is_taken_back_where_it_seeks() -> None:
    file = Full()
    io.BytesIO.write(file, b"before")
    with pytest.raises(EncoderError, match=r"no space left on device.*nothing of it is left") as e:
        heatvid.render(numbered(), file, format="mp4", **FAST)
    clear_line(e.value, "<Full>.mp4: cannot be written")
    assert file.getvalue() == b"before"


def test_what_cannot_be_taken_back_is_told() -> None:
    file = Unseekable(most=1500)
    with pytest.raises(EncoderError, match=r"no space left on device.*incomplete") as error:
        heatvid.render(numbered(), file, format="mp4", **FAST)
    clear_line(error.value, "<Unseekable>.mp4: cannot be written")


def test_an_object_that_fails_in_its_own_way_is_told() -> None:
    class Odd(Upload):
        def write(self, data: Any) -> None:
            raise KeyError("token")

    with pytest.raises(EncoderError, match="cannot be written: 'token'") as error:
        heatvid.render(numbered(), Odd(), format="mp4", **FAST)
    assert isinstance(error.value.__cause__, KeyError)


def test_an_interrupt_while_it_is_copied_takes_it_back() -> None:
    class Interrupting(io.BytesIO):
        def flush(self) -> None:
            raise KeyboardInterrupt

    file = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        heatvid.render(numbered(), file, format="mp4", **FAST)
    assert file.getvalue() == b""


def test_what_killed_processes_left_is_removed(temporary_files: Path) -> None:
    left = temporary_files / "heatvid-0123"
    left.mkdir()
    for kind in ("part", "scratch"):
        (left / f".out.mp4.heatvid-{kind}").write_bytes(b"stale")
    (left / ".out.mp4.heatvid-parts").mkdir()
    alive = OutputFile(temporary_files / "heatvid-4567" / "out.mp4", overwrite=False)
    output = OutputStream(Stream(io.BytesIO(), ".mp4"))
    assert not left.exists()
    assert os.path.exists(alive.temporary)
    if os.name != "nt":
        assert os.stat(os.path.dirname(output.temporary)).st_mode & 0o77 == 0
    output.discard()
    alive.discard()


# --- what is no output -------------------------------------------------------------------------


def test_objects_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    closed = io.BytesIO()
    closed.close()
    with open(tmp_path / "old", "rb") as reading, open(tmp_path / "text", "w") as text:
        for file, words in (
            (reading, "<old>.mp4 is open for reading only"),
            (text, "<text>.mp4 is a file of text"),
            (io.StringIO(), "<StringIO>.mp4 is a file of text"),
            (closed, "<BytesIO>.mp4 is closed"),
            (io.BytesIO(b"abc"), "<BytesIO>.mp4 holds 3 bytes after its position"),
        ):
            with pytest.raises(OptionError, match=words) as error:
                heatvid.render(numbered(), file, format="mp4", **FAST)
            clear_line(error.value, "output: ")


def test_a_format_belongs_to_file_objects(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="format: none for a BytesIO; allowed are mp4, "):
        heatvid.render(numbered(), io.BytesIO(), **FAST)
    with pytest.raises(OptionError, match=r"format: got 'mp4' for .*o\.mp4; allowed with a file"):
        heatvid.render(numbered(), tmp_path / "o.mp4", format="mp4", **FAST)
    with pytest.raises(OptionError, match=r"<BytesIO>\.png: \d+ frames for a single picture"):
        heatvid.render(numbered(), io.BytesIO(), format="png", **FAST)


# --- standard output ---------------------------------------------------------------------------


def heatvid_process(*arguments: Any, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "heatvid", "render", *map(str, arguments)]
    return subprocess.run(command, stderr=subprocess.PIPE, timeout=60, **streams)


def test_the_command_writes_to_standard_output(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", numbered())
    done = heatvid_process(tmp_path / "data.npy", "-o", "-", "--format", "mp4", "--lossless",
                           stdout=subprocess.PIPE)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "a.mp4").write_bytes(done.stdout)
    np.testing.assert_array_equal(rgb_of(tmp_path / "a.mp4", 24, 32), heatvid.to_rgb(numbered()))
    assert done.stderr.startswith(b"heatvid: <stdout>.mp4: 6 frames")


@posix
def test_standard_output_that_is_closed_early_is_a_failure(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", np.random.default_rng(0).random((9, 240, 320)))
    read, write = os.pipe()
    os.close(read)
    try:
        done = heatvid_process(tmp_path / "data.npy", "-o", "-", "--format", "mp4", stdout=write)
    finally:
        os.close(write)
    assert done.returncode == 1
    assert done.stderr.startswith(b"heatvid: error: <stdout>.mp4: cannot be written: Broken pipe")
    assert done.stderr.count(b"\n") == 1


@posix
def test_a_terminal_is_no_output(tmp_path: Path) -> None:
    import pty

    np.save(tmp_path / "data.npy", numbered())
    master, slave = pty.openpty()
    try:
        done = heatvid_process(tmp_path / "data.npy", "-o", "-", "--format", "mp4", stdout=slave)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 2
    assert done.stderr == (
        b"heatvid: error: output: standard output is a terminal; allowed is a file or a pipe\n"
    )


def test_a_format_is_needed_there_too(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", numbered())
    done = heatvid_process(tmp_path / "data.npy", "-o", "-", stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"heatvid: error: format: none for a ")
    assert done.stderr.endswith(b"exr, html (--format mp4 say)\n")
