"""Replacing a whole sequence of files at once: all of it or none, whatever ends it, even a SIGKILL.

A hidden folder holds the new files; while they are exchanged for the earlier ones, another holds
those. In the first lies a journal, an empty file. Its name says how many files there are to be, and
which way to go on: ``undo`` while the earlier files are moved away, ``commit`` from when the last
of them is. So an exchange that is cut short is brought to its end by whoever comes next:
:meth:`Exchange.settle`. A folder that holds an earlier file is never removed before the new ones
stand in their places.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable

from heatvid._encode.output_file import move_to_free, sync_folder
from heatvid._signals import held_back

_UNDO, _COMMIT = "undo", "commit"


class Exchange:
    """The exchange of a sequence's files in one folder.

    Parameters
    ----------
    folder : str
        Where the files stand.
    new, old : str
        The hidden folders, of new and of replaced files, on the same file system.
    name_of : callable
        Names frame ``index``.
    """

    def __init__(self, folder: str, new: str, old: str, name_of: Callable[[int], str]) -> None:
        self._folder, self._new, self._old = folder, new, old
        self._name_of = name_of

    def run(self, count: int, replaced: list[str], *, overwrite: bool) -> None:
        """Put ``count`` new files in the place of those that are ``replaced``; or change nothing.

        Raises
        ------
        OSError
            A file cannot be moved, or without ``overwrite`` stands there already.
        """
        with held_back():
            try:
                self._begin(count, overwrite)
                for name in replaced:
                    os.replace(self._at(name), os.path.join(self._old, name))
                sync_folder(self._old)
                self._turn(_UNDO, _COMMIT, count, overwrite)
                self._put_new(count, overwrite)
            except BaseException:
                self._take_back()
                raise
            self._end()

    def settle(self) -> None:
        """Bring an exchange that was cut short to its end, and remove the hidden folders.

        Raises
        ------
        OSError
            A file cannot be moved; all stay where they are.
        """
        with held_back():
            count, overwrite = self._read(_COMMIT)
            if count:
                self._go_on(count, overwrite)
            else:
                self._undo()
            if not os.path.isdir(self._old):
                shutil.rmtree(self._new, ignore_errors=True)

    # --- steps -------------------------------------------------------------------------------

    def _begin(self, count: int, overwrite: bool) -> None:
        with open(self._journal(_UNDO, count, overwrite), "x"):
            sync_folder(self._new)
        os.mkdir(self._old)
        sync_folder(self._folder)

    def _turn(self, before: str, after: str, count: int, overwrite: bool) -> None:
        os.replace(self._journal(before, count, overwrite), self._journal(after, count, overwrite))
        sync_folder(self._new)

    def _put_new(self, count: int, overwrite: bool) -> None:
        """Move what is still in the folder of new files; the last first, so that no part begins."""
        move = os.replace if overwrite else move_to_free
        waiting = set(os.listdir(self._new))
        for index in reversed(range(count)):
            name = self._name_of(index)
            if name in waiting:
                move(os.path.join(self._new, name), self._at(name))
        sync_folder(self._folder)

    def _go_on(self, count: int, overwrite: bool) -> None:
        try:
            self._put_new(count, overwrite)
        except FileExistsError:  # made since by somebody else, whose it is
            self._take_back()
        else:
            self._end()

    def _end(self) -> None:
        """Remove the replaced files, now that all new ones are in place."""
        shutil.rmtree(self._old, ignore_errors=True)
        if not os.path.isdir(self._old):
            with contextlib.suppress(OSError):
                os.unlink(self._journal(_COMMIT, *self._read(_COMMIT)))

    def _take_back(self) -> None:
        """Undo what an error stopped; what cannot be undone now stays for :meth:`settle`."""
        with contextlib.suppress(OSError):
            count, overwrite = self._read(_COMMIT)
            if count:
                self._turn(_COMMIT, _UNDO, count, overwrite)
            self._undo()

    def _undo(self) -> None:
        """Move new files back, then the earlier ones; it may be begun again at any point."""
        count, overwrite = self._read(_UNDO)
        waiting = set(os.listdir(self._new)) if count else set()
        for index in range(count):
            name = self._name_of(index)
            self._undo_new(name, name in waiting)
        if os.path.isdir(self._old):
            for name in os.listdir(self._old):
                move_to_free(os.path.join(self._old, name), self._at(name))
            sync_folder(self._folder)
            os.rmdir(self._old)
        with contextlib.suppress(FileNotFoundError):
            # Before any new file is removed: one that is missing counts as moved.
            os.unlink(self._journal(_UNDO, count, overwrite))
            sync_folder(self._new)

    def _undo_new(self, name: str, waits: bool) -> None:
        """Move a new file back; one that is not among those that wait stands in its place."""
        hidden, final = os.path.join(self._new, name), self._at(name)
        with contextlib.suppress(FileNotFoundError):
            if not waits:
                os.replace(final, hidden)
            elif os.path.samefile(final, hidden):  # linked, and cut short before the other went
                os.unlink(final)

    def _read(self, state: str) -> tuple[int, bool]:
        """The journal's count and whether files there may be replaced; 0 where there is none."""
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self._new):
                if found := re.fullmatch(rf"{state}-(\d+)-([01])", name):
                    return int(found[1]), found[2] == "1"
        return 0, False

    def _journal(self, state: str, count: int, overwrite: bool) -> str:
        return os.path.join(self._new, f"{state}-{count}-{int(overwrite)}")

    def _at(self, name: str) -> str:
        return os.path.join(self._folder, name)
