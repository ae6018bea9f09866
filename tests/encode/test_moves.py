"""A file is renamed over no other, whatever the file system knows."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from heatvid._encode import moves
from heatvid._encode.moves import move_to_free

WAYS = ["links", "rename that does not replace", "neither"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="renaming does not replace there")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the file system knows."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if request.param != WAYS[0]:
        monkeypatch.setattr(os, "link", refuse)
    if request.param == WAYS[1] and moves._renameat2() is None:
        pytest.skip("this system has none")
    if request.param == WAYS[2]:
        monkeypatch.setattr(moves, "_renameat2", lambda: None)
    return str(request.param)


@pytest.mark.parametrize("name", ["target", "täst \n-x"])
def test_a_file_gets_a_free_name(way: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "source").write_bytes(b"mine")
    move_to_free(str(tmp_path / "source"), str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == b"mine"


def test_a_name_that_is_taken_is_refused(way: str, tmp_path: Path) -> None:
    for name in ("source", "target"):
        (tmp_path / name).write_bytes(name.encode())
    with pytest.raises(FileExistsError) as caught:
        move_to_free(str(tmp_path / "source"), str(tmp_path / "target"))
    assert str(tmp_path / "target") in (caught.value.filename, caught.value.filename2)
    assert (tmp_path / "target").read_bytes() == b"target"
    assert (tmp_path / "source").read_bytes() == b"source"


def test_a_file_that_cannot_be_moved_leaves_the_name_free(way: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move_to_free(str(tmp_path / "source"), str(tmp_path / "target"))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS])
def test_a_file_system_that_knows_no_rename_of_the_kind_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    def refuse(*_: object) -> int:
        moves.ctypes.set_errno(code)
        return -1

    monkeypatch.setattr(os, "link", _no_links)
    monkeypatch.setattr(moves, "_renameat2", lambda: refuse)
    (tmp_path / "source").write_bytes(b"mine")
    move_to_free(str(tmp_path / "source"), str(tmp_path / "target"))
    assert os.listdir(tmp_path) == ["target"]


def _no_links(*_: object) -> None:
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")
