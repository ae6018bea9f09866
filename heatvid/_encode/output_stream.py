"""A file object as an output: all of it is written there once it is whole, or nothing.

It is made in a folder of its own among the system's temporary files, checked and counted as any
other, and copied then. So a failure before that leaves the object as it was, objects that cannot
seek take every container, and the index of an .mp4 lies in front, where it belongs for the web.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tempfile
from glob import escape, glob
from typing import Any

from heatvid._encode.output_file import OutputFile, remove_scratch, remove_stale, temporary_name
from heatvid._errors import EncoderError, OptionError, called, one_line
from heatvid._reasons import reason

_CHUNK_BYTES = 1 << 20
_FOLDER = "heatvid-"  # and a number that nobody knows
_SUFFIX = ".heatvid-part"


class Stream(os.PathLike[str]):
    """A file object, under a name that ends as a file of its format does.

    Parameters
    ----------
    file : binary file object
        Open for writing, at its end.
    suffix : str
        Of the format.

    Raises
    ------
    OptionError
        It takes no bytes, or holds some after its position.
    """

    def __init__(self, file: Any, suffix: str) -> None:
        self.file = file
        label = getattr(file, "name", None)
        label = os.path.basename(label).strip("<>") if isinstance(label, str) else ""
        label = label.replace("%", "")  # which would number pictures
        self._name = f"<{label or type(file).__name__}>{suffix}"
        self._demand_bytes()
        self.begin = self._end()

    def _demand_bytes(self) -> None:
        file, writable = self.file, getattr(self.file, "writable", None)
        if isinstance(file, io.TextIOBase) or getattr(file, "closed", False):
            what = "closed" if getattr(file, "closed", False) else "a file of text"
        elif writable is not None and not writable():
            what = "open for reading only"
        else:
            return
        raise OptionError(f"output: {self} is {what}; allowed is a binary file open for writing")

    def _end(self) -> int | None:
        """Where it is written to; None where it does not seek."""
        try:
            if not self.file.seekable():
                return None
            begin = self.file.tell()
            end = self.file.seek(0, os.SEEK_END)
            self.file.seek(begin)
        except (AttributeError, OSError):
            return None
        if end != begin:
            raise OptionError(
                f"output: {self} holds {end - begin} bytes after its position; allowed is one that "
                "is at its end: seek(0, 2) appends, truncate() removes them"
            )
        return int(begin)

    def write(self, data: memoryview) -> None:
        """Write all of ``data``, however little is taken at a time."""
        while data:
            taken = self.file.write(data)
            if taken is None and not isinstance(self.file, io.RawIOBase):
                return  # objects that are no files often say nothing
            if not taken:
                raise BlockingIOError("it takes nothing at the moment; let it block")
            data = data[taken:]

    def take_back(self) -> bool:
        """Remove what was written; whether that could be done."""
        if self.begin is None:
            return False
        try:
            self.file.seek(self.begin)
            self.file.truncate()
        except Exception:  # anybody's object
            return False
        return True

    def __fspath__(self) -> str:
        return self._name

    __str__ = __fspath__


class OutputStream(OutputFile):
    """An output that is copied to a file object when :meth:`commit` says so.

    Parameters
    ----------
    stream : Stream
    """

    def __init__(self, stream: Stream) -> None:
        _remove_stale()
        name = f"out{os.path.splitext(os.fspath(stream))[1]}"
        folder = os.path.join(tempfile.gettempdir(), f"{_FOLDER}{secrets.token_hex(8)}")
        super().__init__(os.path.join(folder, name), overwrite=False)
        os.chmod(folder, 0o700)  # pictures are nobody else's affair
        self.name, self._stream = called(stream), stream

    def commit(self) -> None:
        """Copy all of it to the file object.

        Raises
        ------
        EncoderError
            The object does not take it; says whether it holds a part of it.
        """
        copied = 0
        try:
            with open(self.temporary, "rb", buffering=0) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    self._stream.write(memoryview(chunk))
                    copied += len(chunk)
            flush = getattr(self._stream.file, "flush", None)
            if flush is not None:
                flush()
        except BaseException as error:
            left = "nothing of it is left there"
            if not self._stream.take_back():
                left = f"what is there is incomplete, {copied} bytes or more"
            if not isinstance(error, Exception):
                raise
            why = one_line(error)
            if isinstance(error, OSError) and error.errno is not None:
                why = reason(error)
            raise EncoderError(f"{self.name}: cannot be written: {why} ({left})") from error


def _remove_stale() -> None:
    """Remove what processes left that were killed."""
    everywhere = os.path.join(escape(tempfile.gettempdir()), f"{_FOLDER}*", f".out.*{_SUFFIX}")
    for path in glob(everywhere):
        folder, hidden = os.path.split(path)
        name = hidden.removeprefix(".").removesuffix(_SUFFIX)
        with contextlib.suppress(OptionError, OSError):
            remove_stale(name, path)
            of_it = (temporary_name(name, kind) for kind in ("scratch", "parts"))
            remove_scratch(*(os.path.join(folder, each) for each in of_it))
            os.rmdir(folder)
