"""Renaming a file, but never over another, on any file system."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from typing import Any

_NO_LINKS = {
    errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK,
}  # fmt: skip
_NOT_KNOWN = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # Linux's


def move_to_free(source: str, target: str) -> None:
    """Rename a file, but never over another, not even one that is made at this moment.

    Raises
    ------
    FileExistsError
        There is one.
    """
    if sys.platform == "win32":
        os.rename(source, target)
        return
    try:
        os.link(source, target)
    except FileExistsError:
        if not _is_same(source, target):  # else it was cut short before the other went
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if not _rename_to_free(source, target):
            _replace_own(source, target)
        return
    os.unlink(source)


def _is_same(one: str, other: str) -> bool:
    return os.path.samestat(os.lstat(one), os.lstat(other))


def _rename_to_free(source: str, target: str) -> bool:
    """Rename where the system knows how not to replace; whether it does."""
    rename = _renameat2()
    if rename is None:
        return False
    names = os.fsencode(source), os.fsencode(target)
    if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_KNOWN:
        return False
    raise OSError(code, os.strerror(code), source, None, target)


def _replace_own(source: str, target: str) -> None:
    """Make an empty file, which nobody else can make then, and replace that."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        os.replace(source, target)
    except BaseException:
        os.unlink(target)
        raise


@cache
def _renameat2() -> Any:
    """The system's function; None where it has none."""
    if sys.platform != "linux":
        return None
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.argtypes = (
        ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
    )  # fmt: skip
    function.restype = ctypes.c_int
    return function
