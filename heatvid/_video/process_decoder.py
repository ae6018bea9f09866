"""Decode a video's frames as raw bytes: by an ffmpeg process, with whatever filters it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from heatvid._cores import available_cores
from heatvid._errors import SourceError, called
from heatvid._ffmpeg.messages import last_words
from heatvid._ffmpeg.pipes import StalledError
from heatvid._ffmpeg.process import Process, stall_seconds
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg, passthrough
from heatvid._frames import AnyArray
from heatvid._signals import held_back
from heatvid._video.info import VideoInfo, input_arguments
from heatvid._video.seeking import way_to

# Skipped frames are decoded without a sign of life.
_SKIP_SECONDS_PER_FRAME = 0.1
_LAST_WORDS_SECONDS = 5.0  # for ffmpeg to exit by itself once it gives no more
FEW_CORES = 2  # on so many, threads of a decoder only cost: the encoder has work for all of them


class Decoder(Protocol):
    """What gives raw frames, in order.

    Attributes
    ----------
    position : int
        Index of the next frame.
    """

    position: int

    def read(self, out: AnyArray) -> int:
        """Fill ``out``, shape (n, frame_bytes), and return the number of frames it got."""

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""


class ProcessDecoder:
    """One ffmpeg process that gives raw frames of ``frame_bytes`` each."""

    def __init__(
        self,
        info: VideoInfo,
        filters: Sequence[str],
        pixel_format: str,
        frame_bytes: int,
        start_frame: int,
    ) -> None:
        self.position = start_frame
        self._info = info
        self._frame_bytes = frame_bytes
        self._patience_seconds = stall_seconds() + start_frame * _SKIP_SECONDS_PER_FRAME
        exe = find_ffmpeg()
        version = ffmpeg_version(exe)
        way = way_to(exe, info, start_frame)
        chain = ",".join([*way.filters, *filters])
        self._process = Process(
            [
                *(exe, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-xerror"),
                *(("-threads", "1") if available_cores() <= FEW_CORES else ()),
                *way.options,
                *input_arguments(info.path, version),
                *("-map", "0:V:0", *(("-vf", chain) if chain else ())),
                *("-c:v", "rawvideo", "-pix_fmt", pixel_format, *passthrough(version)),
                *("-f", "rawvideo", "pipe:1"),
            ],
            "stdout",
        )

    def read(self, out: AnyArray) -> int:
        """Fill ``out``, shape (n, frame_bytes), and return the number of frames it got."""
        count = max(min(len(out), self._info.frames - self.position), 0)
        if count == 0:
            return 0
        if not self._process.kill.alive:
            raise SourceError(f"{called(self._info.path)}: the video is closed")
        try:
            got = self._process.readinto(out[:count].reshape(-1).data, self._patience_seconds)
        except StalledError as error:
            raise self._error(f"decoding {error}") from error
        self._patience_seconds = stall_seconds()
        self.position += got // self._frame_bytes
        if got < count * self._frame_bytes:
            self._process.wait(_LAST_WORDS_SECONDS)
            raise self._error("is damaged, or was cut")
        return count

    def _error(self, what: str) -> SourceError:
        outcome = self._process.outcome
        self.close()
        words = last_words(self._process.tail.text) or f"ffmpeg {outcome}"
        after = f"after {self.position} of {self._info.frames} frames"
        return SourceError(f"{called(self._info.path)}: {what} {after}: {words}")

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        with held_back():
            self._process.kill()
