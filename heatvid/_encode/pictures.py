"""The encoder of pictures, one a file: each is compressed and written by one of a few threads."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

from heatvid._cores import available_cores
from heatvid._encode.folders import what_is_lost
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._encode.output_file import OutputFile, check_destination
from heatvid._encode.output_sequence import OutputSequence, check_sequence
from heatvid._encode.output_stream import OutputStream, Stream
from heatvid._encode.picture_kinds import picture_chunks
from heatvid._encode.runs import RunPath, claim_file
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._errors import AnyPath, OptionError, called
from heatvid._frames import Bytes
from heatvid._reasons import reason
from heatvid._signals import held_back

_MOST_THREADS = 16
_FRAMES_BYTES = 512 << 20  # of the frames being compressed at one time, where more than one fits


class PictureSink(FileSink):
    """Pictures being written, numbered ones or a single one; all appear at the end, or none.

    Parameters
    ----------
    settings : OutputSettings
        What to write, where and how.
    output : OutputFile or OutputSequence, optional
        Where to, if that has been claimed already; it is the sink's from now on.

    Raises
    ------
    OptionError
        The output cannot be written, exists already, or is being written by another job.
    """

    def __init__(
        self, settings: OutputSettings, output: OutputFile | OutputSequence | None = None
    ) -> None:
        super().__init__(settings)
        self._stopped = threading.Event()
        self._threads = _thread_count(settings)
        self._pending: deque[Future[None]] = deque()
        with held_back():
            self._output = output or claim_pictures(settings)
            self._pool = ThreadPoolExecutor(self._threads, "heatvid-pictures")
            self._abandon = weakref.finalize(
                self, _abandon, self._stopped, self._pool, self._output, os.getpid()
            )

    def _write(self, frame: Bytes, lend: bool) -> None:
        if len(self._pending) > self._threads:
            self._await_oldest()
        path = self._path_of(self.frames)
        settings = self.settings
        pieces = picture_chunks(
            settings.suffix, frame.copy(), settings.canvas, settings.start_number + self.frames,
            settings.quality, settings.exact, settings.comment,
        )  # fmt: skip
        try:
            with held_back():  # a thread that starts is known to the pool
                task = self._pool.submit(_write_file, path, pieces, self._stopped)
        except RuntimeError as error:  # aborted by another thread, or no thread to be had
            self._check_open()
            raise self._refuse(str(error)) from error
        self._pending.append(task)

    def _path_of(self, index: int) -> str:
        if isinstance(self._output, OutputSequence):
            return self._output.path_of(index)
        if index > 0:
            raise self._refuse(f"a second frame {_one_only(self.settings)}")
        return self._output.temporary

    def _await_oldest(self) -> None:
        try:
            self._pending.popleft().result()
        except (CancelledError, _StoppedError) as error:
            self._check_open()
            raise self._refuse(f"stopped after {self.frames} frames were written") from error
        except OSError as error:
            why = what_is_lost(self._output.temporary) or reason(error)
            raise self._refuse(
                f"cannot be written: {why} (after {self.frames} frames were taken)"
            ) from error

    def _finish(self) -> None:
        while self._pending:
            self._await_oldest()
        if isinstance(self._output, OutputSequence):
            self._output.commit(self.frames)
        else:
            self._output.commit()

    def kill(self) -> None:
        """Make a :meth:`write` under way in another thread fail at once; :meth:`abort` follows."""
        self._stopped.set()


class _StoppedError(Exception):
    """The encoder was given up while a file was being written."""


def check_pictures(output: AnyPath, *, overwrite: bool, start: int = 0) -> None:
    """Refuse pictures that could not be written, before any work is done for them.

    Raises
    ------
    OptionError
        The name is no pattern, its folder cannot be made, or files of that name exist already.
    """
    name = read_name(output)
    if isinstance(name, NumberedName):
        check_sequence(output, overwrite=overwrite, start=start)
    else:
        check_destination(called(output), _beside(output, name), overwrite)


def claim_pictures(settings: OutputSettings) -> OutputFile | OutputSequence:
    """Take the output's name for this job.

    Raises
    ------
    OptionError
        The name cannot be taken, or is that of one picture and there are more frames.
    """
    output, overwrite = settings.output, settings.overwrite
    name = "" if isinstance(output, Stream) else read_name(output)
    if isinstance(name, NumberedName):
        return OutputSequence(output, overwrite=overwrite, start=settings.start_number)
    if settings.length is not None and settings.length > 1:
        shown = called(output)
        raise OptionError(f"{shown}: {settings.length} frames {_one_only(settings)}")
    if isinstance(output, Stream):
        return OutputStream(output)
    path = _beside(output, name)
    return claim_file(path, overwrite=overwrite, several=isinstance(output, RunPath))


def _one_only(settings: OutputSettings) -> str:
    return (
        f"for a single picture; number them in the name, frames/%05d{settings.suffix} say, or "
        "choose one, frames=12 (--frames 12) say"
    )


def _beside(output: AnyPath, name: str) -> str:
    """A file called ``name`` in the folder of ``output``."""
    return os.path.join(os.path.dirname(os.fsdecode(output)), name)


def _thread_count(settings: OutputSettings) -> int:
    if settings.threads is not None:
        return settings.threads
    by_memory = max(1, _FRAMES_BYTES // settings.canvas.frame_bytes)
    return min(available_cores(), _MOST_THREADS, by_memory)


def _write_file(path: str, pieces: Iterator[bytes], stopped: threading.Event) -> None:
    with open(path, "wb") as file:
        for piece in pieces:
            if stopped.is_set():
                raise _StoppedError
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _abandon(
    stopped: threading.Event,
    pool: ThreadPoolExecutor,
    output: OutputFile | OutputSequence,
    owner: int,
) -> None:
    """Stop the threads first: one that is only starting could create a file again."""
    if os.getpid() != owner:
        return
    stopped.set()
    with held_back():
        try:
            with contextlib.suppress(RuntimeError):  # a collected cycle may end in a thread
                pool.shutdown(cancel_futures=True)
        finally:
            output.discard()
