"""Replacing a whole sequence of files at once: all of it or none, whatever ends it, even a SIGKILL.

A hidden folder holds the new files; while they are exchanged for the earlier ones, another holds
those. In the first lies a journal, an empty file. Its name says how many files there are to be, and
which way to go on: ``undo`` while the earlier files are moved away, or back; ``commit`` from when
the last of them is away; ``withdraw`` where that is given up, while new files stand in their
places. So an exchange that is cut short is brought to its end by whoever comes next:
:meth:`Exchange.settle`. A folder that holds an earlier file is never removed before the new ones
stand in their places. What a step builds on is on the disk before it: a power cut is no worse.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from typing import NamedTuple

from heatvid._encode.folders import sync_folder
from heatvid._encode.moves import move_to_free
from heatvid._signals import held_back

_UNDO, _COMMIT, _WITHDRAW = "undo", "commit", "withdraw"


class _Journal(NamedTuple):
    """What a journal's name says: the state, how many new files, and whether they may replace.

    The first one's number, too, which others before it did not say: it was 0.
    """

    state: str
    files: int
    overwrite: bool
    start: int

    @property
    def name(self) -> str:
        return f"{self.state}-{self.files}-{int(self.overwrite)}-{self.start}"

    @property
    def numbers(self) -> range:
        return range(self.start, self.start + self.files)


class Exchange:
    """The exchange of a sequence's files in one folder.

    Parameters
    ----------
    folder : str
        Where the files stand.
    new, old : str
        The hidden folders, of new and of replaced files, on the same file system.
    name_of : callable
        Names the file of a number.
    """

    def __init__(self, folder: str, new: str, old: str, name_of: Callable[[int], str]) -> None:
        self._folder, self._new, self._old = folder, new, old
        self._name_of = name_of

    def run(self, count: int, replaced: list[str], *, overwrite: bool, start: int = 0) -> None:
        """Put new files in the place of those that are ``replaced``; or change nothing.

        There are ``count`` of them, from number ``start`` on.

        Raises
        ------
        OSError
            A file cannot be moved, or without ``overwrite`` stands there already.
        """
        with held_back():
            try:
                journal = self._begin(count, overwrite, start)
                for name in replaced:
                    os.replace(self._at(name), os.path.join(self._old, name))
                sync_folder(self._old)
                sync_folder(self._folder)
                journal = self._turn(journal, _COMMIT)
                self._put_new(journal)
            except BaseException:
                self._take_back()
                raise
            self._end(journal)

    def settle(self) -> None:
        """Bring an exchange that was cut short to its end, and remove the hidden folders.

        Raises
        ------
        OSError
            A file cannot be moved; all stay where they are.
        """
        with held_back():
            journal = self._read()
            if journal is not None and journal.state == _COMMIT:
                self._go_on(journal)
            else:
                self._undo(journal)
            if not os.path.isdir(self._old):
                shutil.rmtree(self._new, ignore_errors=True)

    # --- steps -------------------------------------------------------------------------------

    def _begin(self, count: int, overwrite: bool, start: int) -> _Journal:
        journal = _Journal(_UNDO, count, overwrite, start)
        with open(os.path.join(self._new, journal.name), "x"):
            sync_folder(self._new)
        os.mkdir(self._old)
        sync_folder(self._folder)
        return journal

    def _turn(self, journal: _Journal, state: str) -> _Journal:
        turned = journal._replace(state=state)
        os.replace(os.path.join(self._new, journal.name), os.path.join(self._new, turned.name))
        sync_folder(self._new)
        return turned

    def _put_new(self, journal: _Journal) -> None:
        """Move what is still in the folder of new files; the last first, so that no part begins."""
        move = os.replace if journal.overwrite else move_to_free
        waiting = set(os.listdir(self._new))
        for number in reversed(journal.numbers):
            name = self._name_of(number)
            if name in waiting:
                move(os.path.join(self._new, name), self._at(name))
        sync_folder(self._folder)

    def _go_on(self, journal: _Journal) -> None:
        try:
            self._put_new(journal)
        except FileExistsError:  # made since by somebody else, whose it is
            self._take_back()
        else:
            self._end(journal)

    def _end(self, journal: _Journal) -> None:
        """Remove the replaced files, now that all new ones are in place."""
        shutil.rmtree(self._old, ignore_errors=True)
        if not os.path.isdir(self._old):
            sync_folder(self._folder)
            self._forget(journal)

    def _take_back(self) -> None:
        """Undo what an error stopped; what cannot be undone now stays for :meth:`settle`."""
        with contextlib.suppress(OSError):
            journal = self._read()
            if journal is not None and journal.state == _COMMIT:
                journal = self._turn(journal, _WITHDRAW)
            self._undo(journal)

    def _undo(self, journal: _Journal | None) -> None:
        """Move new files back, then the earlier ones; it may be begun again at any point."""
        if journal is not None and journal.state == _WITHDRAW:
            for number in journal.numbers:
                self._withdraw(self._name_of(number))
            sync_folder(self._folder)
            journal = self._turn(journal, _UNDO)  # now no file there is a new one
        if os.path.isdir(self._old):
            for name in os.listdir(self._old):
                move_to_free(os.path.join(self._old, name), self._at(name))
            sync_folder(self._folder)
            os.rmdir(self._old)
        if journal is not None:
            self._forget(journal)

    def _withdraw(self, name: str) -> None:
        """Move a new file back, where it stands in its place; all earlier ones are away."""
        hidden, final = os.path.join(self._new, name), self._at(name)
        with contextlib.suppress(FileNotFoundError):
            if not os.path.lexists(hidden):
                os.replace(final, hidden)
            elif os.path.samefile(final, hidden):  # linked, and cut short before the other went
                os.unlink(final)

    def _read(self) -> _Journal | None:
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self._new):
                if found := re.fullmatch(r"(undo|commit|withdraw)-(\d+)-([01])(?:-(\d+))?", name):
                    return _Journal(found[1], int(found[2]), found[3] == "1", int(found[4] or 0))
        return None

    def _forget(self, journal: _Journal) -> None:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._new, journal.name))

    def _at(self, name: str) -> str:
        return os.path.join(self._folder, name)
