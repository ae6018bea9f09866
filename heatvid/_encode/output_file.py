"""The output file: written beside its destination under a hidden name, renamed when it is whole.

The hidden name is the same for every job with that output, and its writer holds a lock on it. So
a second job finds the first, and what a dead process left is found and replaced, without asking
which process ids are alive (on whatever machine).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import weakref
from io import FileIO

from heatvid._encode.folders import (
    check_folder,
    full_path,
    make_folders,
    remove_folders,
    remove_tree,
    sync_folder,
    unwritable,
    what_is_lost,
)
from heatvid._encode.moves import move_to_free
from heatvid._errors import AnyPath, EncoderError, OptionError, called
from heatvid._ffmpeg.forks import close_in_forked_children
from heatvid._reasons import reason
from heatvid._signals import held_back, note_written

if sys.platform != "win32":
    import fcntl

_NAME_BYTES = 255  # of one file name, on every common file system
_ATTEMPTS = 10  # where another job takes away what was there


class OutputFile:
    """A file that appears under its final name only when :meth:`commit` says so.

    Parameters
    ----------
    path : path
        The destination; a symbolic link is followed, and missing folders are made.
    overwrite : bool
        Whether a file there may be replaced.
    run : str
        Names one of several runs that may write it at once; "" where there is to be one only.
    part_of : str
        Name of the output that it is one of the parts of, in a folder of these: that is not made
        where it is gone, and nothing of the part is told. "" where it is an output itself.

    Attributes
    ----------
    name : str
        The destination as given, on one printable line; of a part that of the whole.
    temporary : str
        Where to write until then.
    scratch : str
        A second hidden name, for what is not the output yet.
    parts : str
        A third one, for a folder of what it is made of.

    Raises
    ------
    OptionError
        The destination cannot be written, exists, or is being written by another job.
    """

    def __init__(self, path: AnyPath, *, overwrite: bool, run: str = "", part_of: str = "") -> None:
        self.name = part_of or called(path)
        self._overwrite, self._part = overwrite, bool(part_of)
        self._final = check_destination(self.name, path, overwrite)
        at, name = os.path.split(self._final)
        self.temporary = os.path.join(at, temporary_name(name, run=run))
        self.scratch = os.path.join(at, temporary_name(name, "scratch", run))
        self.parts = os.path.join(at, temporary_name(name, "parts", run))
        with held_back():
            made: list[str] = []
            if part_of:
                self._file = create_locked(self.name, self.temporary)
            else:
                self._file, made = create_hidden(self.name, self.temporary)
            self._remove = weakref.finalize(
                self, _remove_all, self._file, self.temporary, (self.scratch, self.parts), made,
                os.getpid(),
            )  # fmt: skip
            close_in_forked_children(self._file)
            remove_scratch(self.scratch, self.parts)  # a dead process's

    def activity(self) -> tuple[int, int]:
        """Bytes and time of the last write; unequal values mean that something was written."""
        found = []
        for path in (self.temporary, self.scratch):
            with contextlib.suppress(OSError):
                found.append(os.stat(path))
        written = [(status.st_size, status.st_mtime_ns) for status in found]
        return sum(size for size, _ in written), max((time for _, time in written), default=0)

    def folder_of_parts(self) -> str:
        """Make the folder of what the output is made of, and give it.

        Raises
        ------
        EncoderError
        """
        try:
            os.mkdir(self.parts)
        except OSError as error:
            why = what_is_lost(self.temporary) or reason(error)
            raise EncoderError(f"{self.name}: cannot be written: {why}") from error
        return self.parts

    def commit(self) -> None:
        """Give the file its final name, once its bytes are on the disk.

        Raises
        ------
        EncoderError
            The disk refuses, or a file has appeared there that may not be replaced.
        """
        try:
            remove_scratch(self.scratch, self.parts)
            os.fsync(self._file.fileno())
            with held_back():
                if sys.platform == "win32":
                    self._file.close()  # an open file cannot be renamed there
                move = os.replace if self._overwrite else move_to_free
                move(self.temporary, self._final)
                self._file.close()
                if not self._part:
                    note_written()
        except FileExistsError as error:
            raise EncoderError(f"{self.name}: another file has appeared under this name") from error
        except OSError as error:
            why = what_is_lost(self.temporary) or reason(error)
            raise EncoderError(f"{self.name}: cannot be written: {why}") from error
        sync_folder(os.path.dirname(self._final))

    def discard(self) -> None:
        """Remove what was written; it may be called more than once, and after :meth:`commit`."""
        with held_back():
            self._remove()


def create_hidden(name: str, temporary: str) -> tuple[FileIO, list[str]]:
    """Create and lock a hidden file for the output ``name``; make its folder if need be.

    Returns
    -------
    FileIO, list of str
        The file, and the folders that were made.

    Raises
    ------
    OptionError
        The folder cannot be made or written, or another job has the lock.
    """
    folder = os.path.dirname(temporary)
    for _ in range(_ATTEMPTS):
        made = make_folders(name, folder)
        try:
            return create_locked(name, temporary), made
        except FileNotFoundError as error:  # another job had made the folder, and removed it
            gone = error
        except BaseException:
            remove_folders(made)
            raise
    raise unwritable(name, folder, gone) from gone


def remove_hidden(file: FileIO, path: str, made: list[str], owner: int) -> None:
    """Remove a hidden file that its process has locked, and the folders that were made for it.

    Nothing, where it is closed already.
    """
    if os.getpid() != owner or file.closed:
        return
    with held_back():
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                file.close()  # an open file cannot be removed there
            try:
                os.unlink(path)
            finally:
                file.close()
        remove_folders(made)


def _remove_all(
    file: FileIO, path: str, beside: tuple[str, ...], made: list[str], owner: int
) -> None:
    """Remove all that is hidden; nothing, where the first file is closed already."""
    if os.getpid() == owner and not file.closed:
        with held_back():
            remove_scratch(*beside)
            remove_hidden(file, path, made, owner)


def remove_scratch(*paths: str) -> None:
    """Remove files and folders that may be there, which the lock on another one guards."""
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            remove_tree(path)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)


def temporary_name(name: str, kind: str = "part", run: str = "") -> str:
    """Name the hidden file for ``name``, within the 255 bytes that file systems allow."""
    kind = f"{kind}-{run}" if run else kind
    hidden = f".{name}.heatvid-{kind}"
    if len(os.fsencode(hidden)) <= _NAME_BYTES:
        return hidden
    suffix = f".heatvid-{kind}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    while len(os.fsencode(f".{name}{suffix}")) > _NAME_BYTES:
        name = name[:-1]
    return f".{name}{suffix}"


def check_destination(name: str, path: AnyPath, overwrite: bool) -> str:
    """Resolve links in ``path``, and refuse what cannot become a file or may not be replaced."""
    try:
        final = full_path(name, path)
        status = os.stat(final)
    except OptionError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        check_folder(name, os.path.dirname(final))
        return final
    except (OSError, ValueError) as error:  # too long, a loop of links, a null character
        why = getattr(error, "strerror", None) or str(error)
        raise OptionError(f"{name}: {why}; choose another output") from error
    if stat.S_ISDIR(status.st_mode):
        raise OptionError(f"{name}: is a folder; name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise OptionError(f"{name}: is a device, a pipe or a socket; only a file can be written")
    if not overwrite:
        raise OptionError(
            f"{name}: exists already; choose another output, or overwrite=True (--overwrite)"
        )
    return final


def create_locked(name: str, temporary: str) -> FileIO:
    """Create and lock a hidden file for the output ``name``, replacing what a dead process left.

    Raises
    ------
    OptionError
        The folder cannot be written, or another job has the lock.
    FileNotFoundError
        There is no such folder.
    """
    for _ in range(_ATTEMPTS):
        try:
            fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _O_BINARY, 0o666)
        except FileExistsError:
            remove_stale(name, temporary)
            continue
        except FileNotFoundError:
            raise
        except OSError as error:
            raise unwritable(name, os.path.dirname(temporary), error) from error
        file = FileIO(fd, "r+")
        # Between the two steps another job may have taken the file for a dead one's.
        if _lock(file) is not False and _is_at(file, temporary):
            return file
        file.close()
    raise _busy(name, temporary)


def remove_stale(name: str, temporary: str) -> None:
    """Remove the hidden file of a process that is gone; raise OptionError where it is not."""
    try:
        if sys.platform == "win32":
            os.unlink(temporary)  # refused while a writer has it open
            return
        with FileIO(temporary, "r+") as file:
            if _lock(file) is not True:
                raise _busy(name, temporary)
            if _is_at(file, temporary):
                os.unlink(temporary)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _busy(name, temporary) from error


class BusyError(OptionError):
    """Another job is writing the output."""


def _busy(name: str, temporary: str) -> BusyError:
    return BusyError(
        f"{name}: is being written by another job; choose another output, wait, or, if there is "
        f"none, remove {called(temporary)}"
    )


def _lock(file: FileIO) -> bool | None:
    """Lock the file; False if another process has, None where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(file: FileIO, path: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    return False


_O_BINARY = getattr(os, "O_BINARY", 0)
