"""A sink that cannot write says in one clear line why, and leaves what was there before."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heatvid._encode import folders, output_file
from heatvid._encode.output_file import OutputFile
from heatvid._encode.output_sequence import OutputSequence
from heatvid._encode.sink import FileSink
from heatvid._errors import EncoderError, OptionError
from heatvid._frames import Bytes
from tests.support.lines import clear_line
from tests.support.sinks import (
    KINDS,
    OF_ONE_FILE,
    Kind,
    kept_output,
    name_of,
    no_file_larger_than,
    sizes_of_whole,
)

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's limits, permissions or devices")


@pytest.fixture(params=KINDS, ids=name_of)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def good(kind: Kind, tmp_path: Path) -> Iterator[Path]:
    """A folder of an earlier output that has to survive, and nothing else."""
    with kept_output(kind, tmp_path / "good") as folder:
        yield folder


# --- the disk --------------------------------------------------------------------------------


def outcome_of(kind: Kind, folder: Path, count: int = 20) -> str:
    """Write a whole output; what is said where it fails."""
    try:
        kind.write(folder, count, overwrite=True)
    except EncoderError as error:
        return clear_line(error)
    return ""


@posix
@pytest.mark.parametrize("part", [0.1, 0.9, 0.999])
def test_a_file_size_limit_is_hit(kind: Kind, good: Path, part: float) -> None:
    with no_file_larger_than(int(max(sizes_of_whole(kind)) * part)):
        said = outcome_of(kind, good)
    assert said.startswith(f"{good / kind.output}: ")
    assert "refuses a file this large" in said
    assert "gave no reason" not in said


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


FAILED, WHOLE = True, False


@pytest.mark.parametrize(
    ("pages", "outcomes"),
    [(-40, {FAILED}), *((n, {FAILED, WHOLE}) for n in range(-2, 1)), (8, {WHOLE})],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_a_disk_that_becomes_full_takes_all_or_nothing(
    kind: Kind, small_disk: Path, pages: int, outcomes: set[bool]
) -> None:
    page = os.statvfs(small_disk).f_bsize
    needed = kind.room * sum(-(-size // page) for size in sizes_of_whole(kind))
    if kind.meanwhile is not None:
        needed += sum(-(-size // page) for size in sizes_of_whole(kind.meanwhile))
    free = os.statvfs(small_disk).f_bavail
    (small_disk / "ballast").write_bytes(bytes(page * (free - max(needed + pages, 0))))
    said = outcome_of(kind, small_disk)
    (small_disk / "ballast").unlink()
    left = sorted(os.listdir(small_disk))
    for name in left:
        (small_disk / name).unlink()
    assert bool(said) in outcomes
    assert left == ([] if said else kind.names(20))
    assert not said or "no space left on device; free some" in said


@posix
@pytest.mark.parametrize("frames", [0, 4, 40])
def test_a_folder_that_is_removed_meanwhile_is_the_reason(
    kind: Kind, tmp_path: Path, frames: int
) -> None:
    sink = kind.start(tmp_path / "gone")
    sink.write(kind.noise(frames))
    for task in getattr(sink, "_pending", ()):
        task.result()
    remove(tmp_path / "gone")
    with pytest.raises(EncoderError, match="its folder has been removed meanwhile") as caught:
        write_the_rest(sink, kind.noise(0 if frames and kind.most else 4))
    clear_line(caught.value)
    assert os.listdir(tmp_path) == []


def remove(folder: Path) -> None:
    """Remove a folder in which ffmpeg may still be about to create its file."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return shutil.rmtree(folder)
        except OSError:
            assert time.monotonic() < deadline


def write_the_rest(sink: FileSink, frames: Bytes) -> None:
    sink.write(frames)
    sink.finish()


@posix
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_unfinished_output_that_is_removed_is_the_reason(
    tmp_path: Path, overwrite: bool
) -> None:
    file = OutputFile(tmp_path / "one", overwrite=overwrite)
    sequence = OutputSequence(tmp_path / "%d.png", overwrite=overwrite)
    os.unlink(file.temporary)
    os.rmdir(sequence.temporary)
    with pytest.raises(EncoderError, match=r"one: .* what was written has been removed meanwhile"):
        file.commit()
    with pytest.raises(EncoderError, match=r"%d.*: what was written has been removed meanwhile"):
        sequence.commit(1)


# --- the destination -------------------------------------------------------------------------


def test_missing_folders_are_made(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "none" / "nor this"
    kind.write(folder, 3)
    assert sorted(os.listdir(folder)) == kind.names(3)


def test_folders_that_were_made_go_with_an_output_that_fails(kind: Kind, tmp_path: Path) -> None:
    sink = kind.start(tmp_path / "none" / "nor this")
    sink.write(kind.noise())
    sink.abort()
    assert os.listdir(tmp_path) == []
    (tmp_path / "none").mkdir()
    kind.start(tmp_path / "none" / "nor this").abort()
    assert os.listdir(tmp_path / "none") == []


def test_folders_that_were_made_stay_while_another_job_writes_there(
    kind: Kind, tmp_path: Path
) -> None:
    folder = tmp_path / "none" / "nor this"
    first, other = kind.start(folder), OutputFile(folder / "other", overwrite=False)
    first.abort()
    assert os.listdir(folder) == [os.path.basename(other.temporary)]
    other.commit()
    assert os.listdir(folder) == ["other"]


def test_a_folder_that_another_job_takes_away_is_made_again(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, calls = folders.make_folders, 0

    def made(label: str, folder: str) -> list[str]:
        nonlocal calls
        calls += 1
        done = make(label, folder)
        if calls == 1:
            folders.remove_folders(done)
        return done

    monkeypatch.setattr(output_file, "make_folders", made)
    kind.write(tmp_path / "none" / "nor this", 3)
    assert calls == 2
    kind.start(tmp_path / "none" / "nor this", overwrite=True).abort()
    assert sorted(os.listdir(tmp_path / "none" / "nor this")) == kind.names(3)


@posix
def test_a_folder_that_cannot_be_made_is_named(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def refuse(path: str, *arguments: Any) -> None:
        if path.endswith("nor this"):
            raise PermissionError(errno.EACCES, "Permission denied")
        make(path, *arguments)

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(OptionError, match=r"folder .*none cannot be written: Perm") as caught:
        kind.start(tmp_path / "none" / "nor this")
    clear_line(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_folders_place_is_named(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "frames" / "more"):
        with pytest.raises(OptionError, match=r"file is not a folder; ") as caught:
            kind.start(folder)
        clear_line(caught.value)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_output(kind: Kind, tmp_path: Path, overwrite: bool) -> None:
    name = kind.names(8)[-1]
    (tmp_path / name).mkdir()
    with pytest.raises(OptionError, match=r"is a folder; (name a file in it|choose another)"):
        kind.start(tmp_path, overwrite=overwrite)
    assert os.listdir(tmp_path) == [name]


@posix
def test_a_folder_that_is_read_only_is_named(kind: Kind, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OptionError, match="cannot be written: Permission denied"):
            kind.start(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_disk_that_is_read_only_is_named(kind: Kind, small_disk: Path) -> None:
    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(small_disk)], check=True)

    remount("ro")
    try:
        with pytest.raises(OptionError, match="cannot be written: Read-only file system"):
            kind.start(small_disk)
    finally:
        remount("rw")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read-only for everyone")
def test_a_folder_where_nothing_can_be_made_is_named(kind: Kind) -> None:
    with pytest.raises(OptionError, match="the folder /proc cannot be written") as caught:
        kind.start("/proc")
    clear_line(caught.value)


@posix
@pytest.mark.parametrize("begin", ["n" * 250, "a\0", "a\ud800"])
def test_an_impossible_name_is_refused(kind: Kind, tmp_path: Path, begin: str) -> None:
    with pytest.raises(OptionError, match="choose another output") as caught:
        replace(kind, output=begin + kind.output).start(tmp_path)
    clear_line(caught.value)
    assert os.listdir(tmp_path) == []


@posix
@pytest.mark.parametrize("kind", OF_ONE_FILE, ids=name_of)
@pytest.mark.parametrize("device", ["/dev/full", "/dev/null", "FIFO"])
def test_a_device_or_pipe_is_no_output(kind: Kind, tmp_path: Path, device: str) -> None:
    path = tmp_path / kind.output
    if device == "FIFO":
        os.mkfifo(path)
    elif os.path.exists(device):
        path.symlink_to(device)
    else:
        pytest.skip(f"no {device} here")
    with pytest.raises(OptionError, match="is a device, a pipe or a socket"):
        kind.start(tmp_path, overwrite=True)


@pytest.mark.parametrize("kind", OF_ONE_FILE, ids=name_of)
def test_a_link_is_followed(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / kind.output
    try:
        link.symlink_to(tmp_path / "there" / f"real{link.suffix}")
    except OSError:
        pytest.skip("no symbolic links here")
    kind.write(tmp_path)
    assert link.is_symlink()
    assert os.listdir(tmp_path / "there") == [f"real{link.suffix}"]


@posix
def test_files_have_the_permissions_of_any_new_file(kind: Kind, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        kind.write(tmp_path, 2)
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}


def test_a_folder_that_is_removed_while_writing_is_an_error(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    sink = kind.start(folder)
    sink.write(kind.noise(20))
    while folder.exists():  # files may be created meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    with pytest.raises(EncoderError) as caught:
        sink.finish()
    assert clear_line(caught.value).startswith(f"{folder / kind.output}: ")
    assert os.listdir(tmp_path) == []
