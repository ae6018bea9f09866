"""Finding ffmpeg, naming files for it, running it."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import heatvid
from heatvid._errors import MissingDependencyError, OptionError, RenderError, printable
from heatvid._ffmpeg.messages import exit_in_words, exit_reason, last_words
from heatvid._ffmpeg.process import Process, run, stall_seconds
from heatvid._ffmpeg.program import ffmpeg_version, file_url, find_ffmpeg, passthrough

posix = pytest.mark.skipif(os.name == "nt", reason="the fake programs are shell scripts")


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_importing_the_module_loads_nothing_heavy() -> None:
    code = "import sys, heatvid._ffmpeg.process; sys.exit(any(m in sys.modules for m in %r))"
    heavy = ["imageio_ffmpeg", "imageio", "numpy.testing"]
    assert subprocess.run([sys.executable, "-c", code % heavy]).returncode == 0


def test_the_program_is_found_and_gives_its_version() -> None:
    assert ffmpeg_version(find_ffmpeg()) >= (4,)


@posix
@pytest.mark.parametrize(
    ("first_line", "version"),
    [
        ("ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright", (9, 0, 2)),
        ("ffmpeg version 7.0.2-static https://johnvansickle.com", (7, 0, 2)),
        ("ffmpeg version 4.2.2 Copyright", (4, 2, 2)),
        ("ffmpeg version 6.1.1-3ubuntu5 Copyright", (6, 1, 1)),
        ("ffmpeg version N-109542-g1bf1f31\nlibavutil      57. 44.100 / 57. 44.100", (5,)),
    ],
)
def test_versions_of_all_spellings_are_read(
    tmp_path: Path, first_line: str, version: tuple[int, ...]
) -> None:
    assert ffmpeg_version(script(tmp_path / "ffmpeg", f"echo '{first_line}'")) == version


def test_one_frame_out_per_frame_in_has_the_versions_name() -> None:
    assert passthrough((4, 2, 2)) == ["-vsync", "passthrough"]
    assert passthrough((5, 1)) == passthrough((9, 0, 2)) == ["-fps_mode", "passthrough"]


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    with pytest.raises(MissingDependencyError, match=r"none does not exist; pip install"):
        find_ffmpeg()


@posix
def test_a_program_that_is_not_executable_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ffmpeg").write_text("text")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    with pytest.raises(MissingDependencyError, match=r"is not executable; pip install"):
        find_ffmpeg()


@posix
def test_a_program_of_another_architecture_is_named(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xf3\x00" + bytes(100))
    program.chmod(0o755)
    with pytest.raises(MissingDependencyError, match="not a program for this kind of machine"):
        ffmpeg_version(str(program))
    with pytest.raises(MissingDependencyError, match="not a program for this kind of machine"):
        Process([str(program)], "stdin")


@posix
def test_another_program_is_not_taken_for_ffmpeg(tmp_path: Path) -> None:
    program = script(tmp_path / "ffmpeg", "echo hello; exit 3")
    with pytest.raises(MissingDependencyError, match=r"is not ffmpeg: exit code 3.*'hello'"):
        ffmpeg_version(program)


@posix
def test_a_short_command_that_hangs_is_killed() -> None:
    with pytest.raises(TimeoutError, match="did not end within"):
        run(["sleep", "30"], timeout_seconds=0.2)


@posix
def test_a_megabyte_on_standard_error_is_drained_and_its_end_kept() -> None:
    process = Process(["sh", "-c", "head -c 1000000 /dev/zero >&2; echo the end >&2"], "stdin")
    assert process.wait(20) == 0
    assert process.tail.text.endswith("the end\n")
    assert len(process.tail.text) <= 16 << 10
    process.kill()


@posix
def test_a_forgotten_process_is_killed_with_its_group() -> None:
    process = Process(["sh", "-c", "sleep 60 & echo $!; wait"], "stdout")
    process.readinto(memoryview(bytearray(2)), 10)  # both are there
    group = process._popen.pid
    del process
    deadline = time.monotonic() + 5
    while _is_alive(group) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_alive(group)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "exited with code 1"), (-9, "was killed by SIGKILL"), (-200, "was killed by signal 200")],
)
def test_the_end_of_a_process_is_put_in_words(code: int, words: str) -> None:
    assert exit_in_words(code) == words


def test_last_words_are_one_line_without_addresses_and_consequences() -> None:
    text = (
        "[libx264 @ 0x55ab] broken.\n[out#0/mp4 @ 0x1] no room\n[out#0/mp4 @ 0x1] no room\r\n"
        "Error opening output files: Invalid argument\nConversion failed!\n"
    )
    assert last_words(text) == "broken; no room"
    assert last_words("") == ""


def test_names_are_neither_options_nor_protocols() -> None:
    assert file_url("-x.mp4") == "file:-x.mp4"
    assert file_url("http://a:b.mp4") == "file:http://a:b.mp4"
    assert file_url(b"a\xff.mp4") == "file:a\udcff.mp4"


def test_names_are_shown_on_one_printable_line() -> None:
    assert printable("a\nb\udcff é🔥.mp4") == "a\\nb\\udcff é🔥.mp4"


def test_the_patience_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEATVID_STALL_SECONDS", raising=False)
    assert stall_seconds() == 60
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "2.5")
    assert stall_seconds() == 2.5
    for bad in ("0", "-1", "soon", "nan", "inf", "1e999", "1000001"):
        monkeypatch.setenv("HEATVID_STALL_SECONDS", bad)
        with pytest.raises(OptionError, match=rf"is '{bad}'; allowed is a number above 0, up to"):
            stall_seconds()


def test_the_longest_patience_can_be_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "1000000")
    heatvid.render(np.zeros((40, 256, 256), np.uint8), tmp_path / "o.mp4")
    assert os.listdir(tmp_path) == ["o.mp4"]


@posix
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-getattr(signal, "SIGXFSZ", 25), "a limit (ulimit -f) refuses a file this large"),
        (-getattr(signal, "SIGKILL", 9), "for want of memory"),
        (256 - errno.ENOMEM, "out of memory"),
        (256 - errno.ENOSPC, "no space left on device"),
        (256 - errno.EMFILE, "too many open files"),
        (1, "None"),
        (-getattr(signal, "SIGSEGV", 11), "None"),
        (None, "None"),
    ],
)
def test_an_exit_code_may_be_a_reason(code: int | None, words: str) -> None:
    assert words in str(exit_reason(code))


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_a_program_that_the_system_cannot_start_is_not_advised_to_be_installed(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(subprocess, "Popen", refuse)
    words = "ffmpeg cannot be started: (too many open files|out of)"
    with pytest.raises(RenderError, match=words):
        run(["ffmpeg"], timeout_seconds=1)
