"""Numbered output files: written in a hidden folder, moved to their names when all are whole."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass

from heatvid._encode.output_file import create_locked, sync_folder, temporary_name
from heatvid._errors import AnyPath, EncoderError, OptionError, printable
from heatvid._ffmpeg.forks import close_in_forked_children

_PARTS = re.compile(r"%(?:(?P<percent>%)|(?P<number>(?:0[1-9]\d?)?d))?|[^%]+")


@dataclass(frozen=True)
class NumberedName:
    """The file names of a sequence, ``frame_%05d.png`` say; a larger number takes more digits.

    Attributes
    ----------
    before, after : str
        What stands around the number.
    digits : int
        The number's least count of digits, filled up with zeros.
    """

    before: str
    digits: int
    after: str

    def of(self, index: int) -> str:
        """Name one frame's file."""
        return f"{self.before}{index:0{self.digits}d}{self.after}"

    def names(self, name: str) -> bool:
        """Whether ``name`` is what :meth:`of` gives for some index."""
        pattern = f"{re.escape(self.before)}([0-9]+){re.escape(self.after)}"
        found = re.fullmatch(pattern, name)
        return found is not None and self.of(int(found[1])) == name


def read_name(path: AnyPath) -> NumberedName | str:
    """Read the file name of ``path`` as printf would; its folder is taken as it is.

    Returns
    -------
    NumberedName or str
        A str, ``%%`` made ``%``, where there is no number.

    Raises
    ------
    OptionError
        A ``%`` that is neither ``%d``, ``%05d`` nor ``%%``, or more than one number.
    """
    texts, digits = [""], []
    for part in _PARTS.finditer(os.path.basename(os.fsdecode(path))):
        if part["number"] is not None:
            digits.append(int(part["number"][:-1] or 1))
            texts.append("")
        elif part[0] == "%":
            raise _refused_name(path, "has a single % in its file name")
        else:
            texts[-1] += "%" if part["percent"] else part[0]
    if len(digits) > 1:
        raise _refused_name(path, f"has {len(digits)} numbers in its file name")
    return NumberedName(texts[0], digits[0], texts[1]) if digits else texts[0]


def _refused_name(path: AnyPath, what: str) -> OptionError:
    return OptionError(
        f"{printable(path)}: {what}; allowed is one %d or %05d, and %% for a percent sign"
    )


class OutputSequence:
    """Files that appear under their numbered names together, when :meth:`commit` says so.

    Two hidden names stand beside the destination until then: a locked file, by which a second
    job finds the first, and a folder of the files so far, which belongs to the lock's holder.

    Parameters
    ----------
    path : path
        The destination, its file name holding a number; the last folder is created if need be.
    overwrite : bool
        Whether files of such names may be replaced.

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

    def __init__(self, path: AnyPath, *, overwrite: bool) -> None:
        self.name = printable(path)
        self._overwrite = overwrite
        self._owner = os.getpid()
        self._names = _numbered(path)
        self._folder, name = os.path.split(check_sequence(path, overwrite=overwrite))
        self._made_folder = _make_folder(self.name, self._folder)
        try:
            hidden = os.path.join(self._folder, temporary_name(name))
            self._lock = create_locked(self.name, hidden)
        except BaseException:
            self._remove_made_folder()
            raise
        close_in_forked_children(self._lock)
        self._hidden = hidden
        self.temporary = os.path.join(self._folder, temporary_name(f"{name}.frames"))
        try:
            shutil.rmtree(self.temporary, ignore_errors=True)  # a dead process's
            os.mkdir(self.temporary)
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError):
                raise _unwritable(self.name, self.temporary, error) from error
            raise

    def path_of(self, index: int) -> str:
        """Where to write frame ``index``."""
        return os.path.join(self.temporary, self._names.of(index))

    def commit(self, count: int) -> None:
        """Give ``count`` files their final names, in place of all that had such names.

        The earlier files are moved away from the first on, the new ones into place from the last
        on, and all of it is undone where one step fails. So only a process killed in these
        milliseconds leaves a part, and that part has no first frame.

        Raises
        ------
        EncoderError
            Files are missing, the disk refuses, or files have appeared that may not be replaced.
        """
        new = [self._names.of(index) for index in range(count)]
        try:
            if missing := set(new).difference(os.listdir(self.temporary)):
                raise EncoderError(
                    f"{self.name}: {count} frames were written, and {len(missing)} are missing"
                )
            old = _existing(self._folder, self._names)
            if old and not self._overwrite:
                raise EncoderError(f"{self.name}: other files have appeared under these names")
            self._move(old, new)
        except OSError as error:
            raise EncoderError(f"{self.name}: cannot be written: {error.strerror}") from error
        self._made_folder = False
        sync_folder(self._folder)
        self.discard()

    def _move(self, old: list[str], new: list[str]) -> None:
        replaced = os.path.join(self.temporary, "replaced")
        os.mkdir(replaced)
        _move_all(
            [
                *((self._final(name), os.path.join(replaced, name)) for name in old),
                *((os.path.join(self.temporary, name), self._final(name)) for name in new[::-1]),
            ]
        )

    def discard(self) -> None:
        """Remove what was written; it may be called more than once, and after :meth:`commit`."""
        if os.getpid() != self._owner or self._lock.closed:
            return
        shutil.rmtree(self.temporary, ignore_errors=True)
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self._lock.close()  # an open file cannot be removed there
            os.unlink(self._hidden)
        self._lock.close()
        self._remove_made_folder()

    def _remove_made_folder(self) -> None:
        if self._made_folder:
            with contextlib.suppress(OSError):  # another job writes to it
                os.rmdir(self._folder)

    def _final(self, name: str) -> str:
        return os.path.join(self._folder, name)


def check_sequence(path: AnyPath, *, overwrite: bool) -> str:
    """Resolve links in ``path``, and refuse what cannot become files or may not be replaced.

    Raises
    ------
    OptionError
        The folder cannot be made or read, or a file or folder has the name of a frame.
    """
    name, names = printable(path), _numbered(path)
    folder, last = os.path.split(os.fsdecode(path))
    try:
        folder = os.path.realpath(folder or ".")
        os.lstat(os.path.join(folder, names.of(0)))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # too long, a loop of links, a null character
        why = getattr(error, "strerror", None) or str(error)
        raise OptionError(f"{name}: {why}; choose another output") from error
    if os.path.isdir(folder):
        _check_existing(name, folder, names, overwrite)
    elif os.path.lexists(folder):
        raise OptionError(f"{name}: {printable(folder)} is not a folder; choose another output")
    elif not os.path.isdir(parent := os.path.dirname(folder)):
        raise OptionError(f"{name}: there is no folder {printable(parent)}; create it first")
    return os.path.join(folder, last)


def _numbered(path: AnyPath) -> NumberedName:
    names = read_name(path)
    assert isinstance(names, NumberedName), "one picture is an OutputFile"
    return names


def _check_existing(name: str, folder: str, names: NumberedName, overwrite: bool) -> None:
    try:
        existing = _existing(folder, names)
    except OSError as error:
        raise _unwritable(name, folder, error) from error
    for each in existing:
        path = os.path.join(folder, each)
        if os.path.isdir(path) and not os.path.islink(path):
            raise OptionError(f"{name}: {printable(each)} is a folder; choose another output")
    if existing and not overwrite:
        raise OptionError(
            f"{name}: {printable(existing[0])} exists already; choose another output, or "
            "overwrite=True (--overwrite)"
        )


def _existing(folder: str, names: NumberedName) -> list[str]:
    """The names that are taken, the first frame's first."""
    return sorted(filter(names.names, os.listdir(folder)), key=lambda name: (len(name), name))


def _make_folder(name: str, folder: str) -> bool:
    """Create the folder unless it is there; whether it was created."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return False
    except OSError as error:
        if os.path.isdir(folder):  # on a file system that is read-only, say
            return False
        raise _unwritable(name, os.path.dirname(folder), error) from error
    return True


def _unwritable(name: str, folder: str, error: OSError) -> OptionError:
    return OptionError(
        f"{name}: the folder {printable(folder)} cannot be written: {error.strerror}; "
        "choose another"
    )


def _move_all(moves: list[tuple[str, str]]) -> None:
    """Rename files one after the other, or, where one fails, leave all as they were."""
    begun: list[tuple[str, str]] = []
    try:
        for source, target in moves:
            begun.append((source, target))
            os.replace(source, target)
    except BaseException:
        for source, target in reversed(begun):
            with contextlib.suppress(OSError):
                os.replace(target, source)
        raise
