"""Folders that an output lies in: made where they are missing, removed if it comes to nothing."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys

from heatvid._errors import AnyPath, OptionError, called
from heatvid._reasons import own_reason


def full_path(label: str, path: AnyPath, instead: str = "choose another output") -> str:
    """A path from the root on, links resolved.

    Raises
    ------
    OptionError
        It begins in the current directory, which has been deleted; or it is no path, and
        ``instead`` says what to do.
    """
    try:
        return os.path.realpath(os.fsdecode(path))
    except FileNotFoundError as error:
        raise OptionError(
            f"{label}: the current directory has been deleted; change to another one"
        ) from error
    except ValueError as error:  # a NUL in the name
        raise OptionError(f"{label}: {error}; {instead}") from error


def what_is_lost(path: str) -> str | None:
    """What has been removed by somebody else, if ``path`` has, in words; None where it is there."""
    if os.path.lexists(path):
        return None
    lost = "its folder" if not os.path.isdir(os.path.dirname(path)) else "what was written"
    return f"{lost} has been removed meanwhile"


def check_folder(label: str, folder: str) -> None:
    """Refuse a folder that cannot be made, as something else stands in its way.

    Raises
    ------
    OptionError
        There is something else.
    """
    while not os.path.lexists(folder) and (parent := os.path.dirname(folder)) != folder:
        folder = parent
    if not os.path.isdir(folder):
        raise OptionError(f"{label}: {called(folder)} is not a folder; choose another output")


def make_folders(label: str, folder: str) -> list[str]:
    """Make a folder, and those above it, unless they are there.

    Returns
    -------
    list of str
        Those that were made, the uppermost first.

    Raises
    ------
    OptionError
        One cannot be made; none is left.
    """
    missing = []
    while not os.path.isdir(folder) and (parent := os.path.dirname(folder)) != folder:
        missing.append(folder)
        folder = parent
    made: list[str] = []
    try:
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):  # made by another job meanwhile
                os.mkdir(each)
                made.append(each)
                sync_folder(os.path.dirname(each))
    except BaseException as error:
        remove_folders(made)
        if isinstance(error, OSError):
            raise unwritable(label, os.path.dirname(each), error) from error
        raise
    return made


def remove_folders(made: list[str]) -> None:
    """Remove what :func:`make_folders` made, as far as nobody uses it."""
    with contextlib.suppress(OSError):
        while made:
            os.rmdir(made.pop())


def remove_tree(folder: str) -> None:
    """Remove a folder and all in it, into which others may be writing; they find it gone."""
    gone = f"{folder}.{secrets.token_hex(4)}"
    with contextlib.suppress(OSError):
        os.rename(folder, gone)
        shutil.rmtree(gone, ignore_errors=True)


def unwritable(label: str, folder: str, error: OSError) -> OptionError:
    """Say why a folder cannot be written."""
    why = own_reason(error.errno) or f"{error.strerror}; choose another"
    return OptionError(f"{label}: the folder {called(folder)} cannot be written: {why}")


def sync_folder(folder: str) -> None:
    """Make new names survive a power cut, where folders can be synchronised."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
