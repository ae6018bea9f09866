"""One video through one ffmpeg process: a whole file, or an error and none."""

from __future__ import annotations

import threading
import time
import warnings
import weakref
from typing import Any, NamedTuple

import numpy as np

from heatvid._encode.appended import append_comment
from heatvid._encode.arguments import encoder_arguments
from heatvid._encode.choosing import alternatives, present
from heatvid._encode.codecs import Codec
from heatvid._encode.containers import CONTAINERS
from heatvid._encode.counting import frames_in
from heatvid._encode.folders import what_is_lost
from heatvid._encode.gif import (
    add_palette,
    kept_meanwhile,
    needs_palette,
    palette_bytes,
    too_large,
)
from heatvid._encode.gif_colors import Colors
from heatvid._encode.hardware import hardware_encoder
from heatvid._encode.muxing import add_sound
from heatvid._encode.output_file import OutputFile
from heatvid._encode.output_stream import OutputStream, Stream
from heatvid._encode.runs import RunPath, claim_file
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._encode.steps import take, why
from heatvid._encode.tuning import Detail, detail
from heatvid._encode.webp import never_blend
from heatvid._errors import EncoderError, MissingDependencyError
from heatvid._ffmpeg.pipes import StalledError
from heatvid._ffmpeg.process import Process, stall_seconds
from heatvid._ffmpeg.program import ffmpeg_version, usable_ffmpeg
from heatvid._frames import Bytes
from heatvid._reasons import reason
from heatvid._signals import held_back

_LAST_WORDS_SECONDS = 5.0  # for ffmpeg to exit by itself once its pipe is broken
_READ_BACK_BYTES_PER_SECOND = 10e6  # a slow disk


def claim_video(settings: OutputSettings) -> OutputFile:
    """Take the output's name for this job."""
    if isinstance(settings.output, Stream):
        return OutputStream(settings.output)
    if settings.part_of:  # the folder of parts that nobody wants any more is gone
        return OutputFile(settings.output, overwrite=False, part_of=settings.part_of)
    output, several = settings.output, isinstance(settings.output, RunPath)
    return claim_file(output, overwrite=settings.overwrite, several=several)


class Encoding(NamedTuple):
    """What is decided once for all parts of a video: the encoder, and what its settings go by."""

    codec: Codec
    detail: Detail | None


class VideoSink(FileSink):
    """One video being written by one ffmpeg process, which never outlives it.

    Parameters
    ----------
    settings : OutputSettings
        What to write, where and how.
    output : OutputFile, optional
        Where to, if that has been claimed already; it is the sink's from now on.
    encoding : Encoding, optional
        How, where that has been decided already.

    Raises
    ------
    OptionError
        The output cannot be written, exists already, or is being written by another job.
    MissingDependencyError
        There is no ffmpeg that runs.
    """

    def __init__(
        self,
        settings: OutputSettings,
        output: OutputFile | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        super().__init__(settings)
        self._exe = usable_ffmpeg()
        self._patience_seconds = stall_seconds()
        self._in_steps = settings.sound is not None or needs_palette(settings)
        self._first = kept_meanwhile(settings) if needs_palette(settings) else settings
        self._colors = Colors() if needs_palette(settings) else None
        palette = palette_bytes(settings.palette) if settings.palette else b""
        self._palette = np.frombuffer(palette, np.uint8)
        with held_back():
            self._output = output or claim_video(settings)
            self._name = self._output.name
            self._encoder = _Encoder()
            try:
                self._codec = chosen_codec(self._first) if encoding is None else encoding.codec
                if encoding is not None:
                    self._start(encoding.detail)
                elif not self._first.looks(self._codec):
                    self._start(None)
            except BaseException:
                self._output.discard()
                raise
            self._abandon = weakref.finalize(self, _abandon, self._encoder, self._output)

    def _start(self, detail: Detail | None) -> None:
        """Begin to encode, now that all is known."""
        path = self._output.scratch if self._in_steps else self._output.temporary
        arguments = encoder_arguments(self._first, path, self._codec, detail=detail)
        self._encoder.start([self._exe, *arguments])

    def _write(self, frame: Bytes, lend: bool) -> None:
        """Write one frame; fails once ffmpeg took nothing for 60 s (HEATVID_STALL_SECONDS)."""
        if self.settings.suffix == ".gif":
            self._look_at(frame)
        try:
            if self._encoder.process is None:
                self._start(detail(frame, self.settings.canvas))
            self._process.write(frame, self._patience_seconds, lend=lend)
            if self._palette.size:
                self._process.write(self._palette, self._patience_seconds)
        except StalledError as error:
            raise self._fail(f"{error} (HEATVID_STALL_SECONDS allows more)") from error
        except (OSError, ValueError) as error:  # ValueError: the pipe is closed
            self._check_open()  # aborted by another thread
            raise self._fail() from error

    def _look_at(self, frame: Bytes) -> None:
        """Note the colours of a GIF, and say how large it will be."""
        if self._colors is not None:
            self._colors.add(frame)
            if self.settings.lossless and self._colors.too_many:
                raise self._refuse(
                    f"more than 256 colours by frame {self.frames}, which a GIF cannot keep; "
                    "leave lossless out, or choose .apng or .webp"
                )
        if self.frames == 0:
            large = too_large(frame, self.settings.canvas, self.settings.length)
            if large is not None:
                warnings.warn(f"{self._name}: {large}", stacklevel=2)

    @property
    def _process(self) -> Process:
        assert self._encoder.process is not None, "begun by the first frame"
        return self._encoder.process

    @property
    def unread(self) -> int:
        """Bytes at the end of what was lent that have to stay as they are."""
        process = self._encoder.process
        return 0 if process is None else process.unread

    def _finish(self) -> None:
        self._process.pipe.close()
        if self._await_exit() != 0:
            raise self._fail()
        if self._in_steps:
            self._take_next_step()
        self._check_whole()
        self._say()
        self._output.commit()

    def _await_exit(self) -> int:
        """Wait for ffmpeg's exit code as long as the file is being written to."""
        seen, deadline = None, time.monotonic() + self._patience_seconds
        while (code := self._process.wait(min(0.5, self._patience_seconds))) is None:
            now = time.monotonic()
            if (activity := self._output.activity()) != seen:
                seen, deadline = activity, now + self._patience_seconds
            elif now > deadline:
                raise self._fail(f"did not end within {self._patience_seconds:g} seconds")
        return code

    def _check_whole(self) -> None:
        """Refuse a finished file that does not give the frames that were written."""
        path, muxer = self._output.temporary, CONTAINERS[self.settings.suffix].muxer
        allowed = self._seconds_to_read()
        try:
            if muxer == "webp":
                never_blend(path)
            found = frames_in(self._exe, path, muxer, allowed)
        except TimeoutError as error:
            raise self._refuse(f"reading the file back: {error}") from error
        except OSError:  # it is gone
            found = 0
        if found != self.frames:
            lost = what_is_lost(path) or f"{found} are in the file"
            raise self._refuse(f"{self.frames} frames were written, and {lost}")

    def _say(self) -> None:
        """Let the file say how it was made, where ffmpeg could not."""
        settings = self.settings
        if not settings.comment:
            return
        path, muxer = self._output.temporary, CONTAINERS[settings.suffix].muxer
        try:
            append_comment(path, muxer, settings.canvas, settings.comment)
        except OSError as error:
            why = what_is_lost(path) or reason(error)
            raise self._refuse(f"cannot be written: {why}") from error

    def _take_next_step(self) -> None:
        """Put the pictures and their sound together, or find the palette that they are shown in."""
        given = self._exe, self.settings, self._output.scratch, self.frames
        what = "sound" if self._colors is None else "palette"
        told: dict[str, Any] = {
            "patience_seconds": self._seconds_to_read(), "out": self._output.temporary,
        }  # fmt: skip

        def step() -> None:
            if self._colors is None:
                self.sound = add_sound(*given, **told)
            else:
                add_palette(*given, self._colors, **told)

        try:
            take(f"adding the {what}", f"as the {what} was added", step)
        except EncoderError as error:
            lost = what_is_lost(self._output.scratch)
            raise self._refuse(f"cannot be written: {lost}" if lost else str(error)) from error

    def _seconds_to_read(self) -> float:
        """How long what was written may take to be read."""
        return self._patience_seconds + self._output.activity()[0] / _READ_BACK_BYTES_PER_SECOND

    def kill(self) -> None:
        """Make a :meth:`write` under way in another thread fail at once; :meth:`abort` follows."""
        self._encoder.interrupt()

    def _fail(self, what: str | None = None) -> EncoderError:
        """Say what ffmpeg did (by default: how it ended), and its own words."""
        if what is None:
            self._process.wait(_LAST_WORDS_SECONDS)
            what = self._process.outcome
        code, lost = self._process.exit_code, what_is_lost(self._output.temporary)
        self.abort()
        if what == "still runs":
            what = "stopped reading"
        words = lost or why(code, self._process.tail.text)
        return self._refuse(f"ffmpeg {what} after {self.frames} frames were written: {words}")


class _Encoder:
    """The process of ffmpeg, which may begin later, but not once it has been interrupted."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self._lock = threading.Lock()
        self._over = False

    def start(self, command: list[str]) -> None:
        with self._lock:
            if self._over:
                raise ValueError("the encoder is closed")
            self.process = Process(command, "stdin")

    def interrupt(self) -> None:
        with self._lock:
            self._over = True
        if self.process is not None:
            self.process.interrupt()

    def kill(self) -> None:
        with self._lock:
            self._over = True
        if self.process is not None:
            self.process.kill()


def chosen_codec(settings: OutputSettings) -> Codec:
    """The encoder to use: a device's where one is wanted and works."""
    since = CONTAINERS[settings.suffix].since
    if since and ffmpeg_version(usable_ffmpeg()) < since:
        raise MissingDependencyError(
            f"this ffmpeg cannot write {settings.suffix} (from ffmpeg {'.'.join(map(str, since))} "
            f"on); {alternatives()}"
        )
    if settings.hardware != "never":
        found = hardware_encoder(settings.suffix, settings.codec, settings.canvas,
                                 required=settings.hardware == "require")  # fmt: skip
        if found is not None:
            return found
    return present(settings.encoders)


def _abandon(encoder: _Encoder, output: OutputFile) -> None:
    """Kill first: a process that is only starting could create the file again."""
    with held_back():
        encoder.kill()
        output.discard()
