"""Numbered output files: written in a hidden folder, moved to their names when all are whole."""

from __future__ import annotations

import contextlib
import os
import weakref

from heatvid._encode.exchange import Exchange
from heatvid._encode.folders import check_folder, full_path, unwritable, what_is_lost
from heatvid._encode.marks import frame_number
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._encode.output_file import create_hidden, remove_hidden, temporary_name
from heatvid._errors import AnyPath, EncoderError, OptionError, called
from heatvid._ffmpeg.forks import close_in_forked_children
from heatvid._reasons import reason
from heatvid._signals import held_back, note_written


class OutputSequence:
    """Files that appear under their numbered names together, when :meth:`commit` says so.

    Hidden names stand beside the destination until then: a locked file, by which a second job
    finds the first, and a folder of the files so far, which belongs to the lock's holder. What a
    process left that was killed within :meth:`commit` is brought to its end here and by
    :func:`check_sequence`, so that one sequence or the other stands there as a whole.

    Parameters
    ----------
    path : path
        The destination, its file name holding a number; missing folders are made.
    overwrite : bool
        Whether files of the new frames' names may be replaced. Earlier files of larger numbers are
        removed where they are what an earlier render of the same pattern wrote; others stay.
    start : int
        The number of the first file; those of smaller numbers are none of this output's.

    Attributes
    ----------
    name : str
        The destination as given, on one printable line.
    temporary : str
        The folder to write to until then.

    Raises
    ------
    OptionError
        The destination cannot be written, exists, or is being written by another job.
    """

    def __init__(self, path: AnyPath, *, overwrite: bool, start: int = 0) -> None:
        self.name = called(path)
        self._overwrite, self._start = overwrite, start
        self._names = numbered(path)
        self._folder, name = os.path.split(check_sequence(path, overwrite=overwrite, start=start))
        with held_back():
            self._claim = _Claim(self.name, self._folder, name, self._names)
            self._discard = weakref.finalize(self, _Claim.discard, self._claim, os.getpid())
        self.temporary = self._claim.new

    def path_of(self, index: int) -> str:
        """Where to write frame ``index``."""
        return os.path.join(self.temporary, self._names.of(self._start + index))

    def commit(self, count: int) -> None:
        """Give ``count`` files their final names, in place of the earlier ones.

        All of it is undone where one step fails, and signals wait until it is over.

        Raises
        ------
        EncoderError
            Files are missing, the disk refuses, or files have appeared that may not be replaced.
        """
        new = {self._names.of(self._start + index) for index in range(count)}
        try:
            if missing := new.difference(os.listdir(self.temporary)):
                raise EncoderError(
                    f"{self.name}: {count} frames were written, and {len(missing)} are missing"
                )
            old = _existing(self._folder, self._names, self._start)
            if old and not self._overwrite:
                raise EncoderError(f"{self.name}: other files have appeared under these names")
            old = [name for name in old if name in new or self._is_own(name)]
            with held_back():
                self._claim.exchange.run(count, old, overwrite=self._overwrite, start=self._start)
                self._claim.made.clear()
                note_written()
                self.discard()
        except FileExistsError as error:
            raise EncoderError(
                f"{self.name}: other files have appeared under these names"
            ) from error
        except OSError as error:
            why = what_is_lost(self.temporary) or reason(error)
            raise EncoderError(f"{self.name}: cannot be written: {why}") from error

    def _is_own(self, name: str) -> bool:
        """Whether a file is what a render of this pattern wrote there."""
        path = os.path.join(self._folder, name)
        return os.path.isfile(path) and frame_number(path) == self._names.index_of(name)

    def discard(self) -> None:
        """Remove what was written; it may be called more than once, and after :meth:`commit`."""
        with held_back():
            self._discard()


class _Claim:
    """The hidden names beside a sequence, taken; what a dead process left there is settled."""

    def __init__(self, label: str, folder: str, name: str, names: NumberedName) -> None:
        lock, self.new, old = _hidden(folder, name)
        self.exchange = Exchange(folder, self.new, old, names.of)
        self._lock_path = lock
        self._lock, self.made = create_hidden(label, lock)
        try:
            close_in_forked_children(self._lock)
            self.exchange.settle()
            os.mkdir(self.new)
        except BaseException as error:
            self.discard(os.getpid())
            if isinstance(error, FileExistsError):
                raise _in_the_way(label, error) from error
            if isinstance(error, OSError):
                raise unwritable(label, self.new, error) from error
            raise

    def discard(self, owner: int) -> None:
        """Give the names back; earlier files that are among the hidden ones come back first."""
        if os.getpid() != owner or self._lock.closed:
            return
        with held_back():
            with contextlib.suppress(OSError):
                self.exchange.settle()
            remove_hidden(self._lock, self._lock_path, self.made, owner)


def _in_the_way(label: str, error: FileExistsError) -> OptionError:
    """Say what keeps a file of an earlier, interrupted job from its place."""
    taken = called(error.filename2 or error.filename)
    return OptionError(
        f"{label}: an interrupted job had moved the earlier {taken} away, and another file stands "
        "there now; move that one elsewhere"
    )


def _hidden(folder: str, name: str) -> tuple[str, str, str]:
    """The locked file, and the folders of new and of replaced files."""
    names = (name, f"{name}.frames", f"{name}.replaced")
    lock, new, old = (os.path.join(folder, temporary_name(each)) for each in names)
    return lock, new, old


def check_sequence(path: AnyPath, *, overwrite: bool, start: int = 0) -> str:
    """Resolve links in ``path``, and refuse what cannot become files or may not be replaced.

    Raises
    ------
    OptionError
        The folder cannot be made or read, or a file or folder has the name of a frame.
    """
    name, names = called(path), numbered(path)
    folder, last = os.path.split(os.fsdecode(path))
    try:
        folder = full_path(name, folder or ".")
        os.lstat(os.path.join(folder, names.of(0)))
    except OptionError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # too long, a loop of links, a null character
        why = getattr(error, "strerror", None) or str(error)
        raise OptionError(f"{name}: {why}; choose another output") from error
    if os.path.isdir(folder):
        _settle_dead(name, folder, last, names)
        _check_existing(name, folder, names, overwrite, start)
    else:
        check_folder(name, folder)
    return os.path.join(folder, last)


def _settle_dead(label: str, folder: str, name: str, names: NumberedName) -> None:
    """Bring to its end what a killed process began, and remove what it left."""
    if any(map(os.path.lexists, _hidden(folder, name))):
        with held_back():
            _Claim(label, folder, name, names).discard(os.getpid())


def numbered(path: AnyPath) -> NumberedName:
    names = read_name(path)
    assert isinstance(names, NumberedName), "one picture is an OutputFile"
    return names


def _check_existing(
    name: str, folder: str, names: NumberedName, overwrite: bool, start: int
) -> None:
    try:
        existing = _existing(folder, names, start)
    except OSError as error:
        raise unwritable(name, folder, error) from error
    for each in existing:
        path = os.path.join(folder, each)
        if os.path.isdir(path) and not os.path.islink(path):
            raise OptionError(f"{name}: {called(each)} is a folder; choose another output")
    if existing and not overwrite:
        raise OptionError(
            f"{name}: {called(existing[0])} exists already; choose another output, or "
            "overwrite=True (--overwrite)"
        )


def _existing(folder: str, names: NumberedName, start: int) -> list[str]:
    """The names from a number on that are taken, the first frame's first."""
    taken = [(names.index_of(name), name) for name in os.listdir(folder)]
    return [
        name
        for number, name in sorted(
            (number, name) for number, name in taken if number is not None and number >= start
        )
    ]
