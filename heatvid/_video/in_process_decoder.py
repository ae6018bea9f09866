"""Decode a video in this process with PyAV: half of what decoding through a pipe costs is copying.

Only for videos whose planes pass as they are. Whatever is out of the ordinary, from the first
frame on (damage, rotation, another size), is left to an ffmpeg process, which goes on from there
and has the words for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Generator
from contextlib import closing
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

from heatvid._cores import available_cores
from heatvid._errors import OptionError, SourceError, brief, called, one_line
from heatvid._ffmpeg.program import file_url
from heatvid._frames import AnyArray, Bytes
from heatvid._video.info import Size, VideoInfo, input_options
from heatvid._video.process_decoder import Decoder, ProcessDecoder
from heatvid._video.seeking import Jump, jump_to

DECODER = "HEATVID_DECODER"  # "ffmpeg": decode in a process of its own even where PyAV is there
MOST_THREADS = 8  # each decodes a picture of its own, which takes memory


@cache
def missing() -> str | None:
    """Why videos are not decoded in this process; None where they are."""
    if importlib.util.find_spec("av") is None:
        return "PyAV is not installed"
    try:
        av = importlib.import_module("av")
        _ = av.open, av.FFmpegError, av.stream.Disposition
    except Exception as error:  # whatever fails in a package of compiled parts
        return f"PyAV cannot be imported ({one_line(error)})"
    return None


def can_decode() -> bool:
    """Whether PyAV is there, and wanted.

    Raises
    ------
    OptionError
        HEATVID_DECODER is set to what is no decoder.
    """
    wanted = os.environ.get(DECODER) or "any"
    if wanted not in ("any", "ffmpeg"):
        raise OptionError(f"{DECODER} is {brief(wanted)}; allowed are 'any' and 'ffmpeg'")
    return wanted == "any" and missing() is None


class Pictures:
    """The pictures of a video, one after the other; the first is decoded at once.

    Attributes
    ----------
    size : (int, int) or None
        Height and width of the first; None where it cannot be decoded here, or is to be rotated.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._decoded = _frames(path)
        first: Any = self._decode(0)
        self._first: Any | None = first
        upright = first is not None and not first.rotation
        self.size: Size | None = (first.height, first.width) if upright else None

    def next(self, skipped: int = 0) -> Any | None:
        """Decode the next picture, or one further on; None behind the last, and where it fails."""
        if self._first is None:
            return self._decode(skipped)
        first, self._first = self._first, None
        return self._decode(skipped - 1) if skipped else first

    def _decode(self, skipped: int) -> Any | None:
        import av

        try:
            return next(islice(self._decoded, skipped, None), None)
        except (av.FFmpegError, OSError, ValueError):
            return None

    def go_to(self, jump: Jump) -> bool:
        """Make a picture further on the next one; nothing is changed where it is not found."""
        import av

        first = self._first
        if first is None or first.pts is None:
            return False
        decoded = _frames(self._path, first.pts + int(jump.early / first.time_base))
        wanted = first.pts + jump.picture / first.time_base
        try:
            found = next(frame for frame in decoded if frame.pts is None or frame.pts >= wanted)
        except (StopIteration, av.FFmpegError, OSError, ValueError):
            found = None
        if found is None or found.pts != wanted:
            decoded.close()
            return False
        self._decoded.close()
        self._decoded, self._first = decoded, found
        return True

    def close(self) -> None:
        """Close the file; it may be called more than once."""
        self._first = None
        self._decoded.close()


class InProcessDecoder:
    """Gives the planes of a YCbCr video, one after the other.

    Parameters
    ----------
    info : VideoInfo
        Its pixel format is yuv420p, yuv444p, or one of the two with a j.
    frame_bytes : int
        Of the three planes without padding.
    start_frame : int
        First frame to give.
    pictures : Pictures, optional
        Of this video, none of them taken yet; the decoder then owns them.
    """

    def __init__(
        self,
        info: VideoInfo,
        frame_bytes: int,
        start_frame: int,
        pictures: Pictures | None = None,
    ) -> None:
        self.position = start_frame
        self._info, self._frame_bytes = info, frame_bytes
        self._pictures = pictures or Pictures(info.path)
        self._behind = start_frame  # frames that are to be dropped first
        jump = jump_to(info, start_frame)
        if jump is not None and self._pictures.go_to(jump):
            self._behind = 0
        self._other: Decoder | None = None
        self._closed = False

    def read(self, out: AnyArray) -> int:
        """Fill ``out``, shape (n, frame_bytes), and return the number of frames it got."""
        if self._closed:
            raise SourceError(f"{called(self._info.path)}: the video is closed")
        count = max(min(len(out), self._info.frames - self.position), 0)
        for i, place in enumerate(out[:count]):
            if not self._decode(place):
                return i + self._ffmpeg().read(out[i:count])
            self.position += 1
        return count

    def _decode(self, out: Bytes) -> bool:
        """Decode one frame; whether that went without anything out of the ordinary."""
        if self._other is not None:
            return False
        frame = self._pictures.next(self._behind)
        self._behind = 0
        if frame is None or not _is_plain(frame, self._info):
            return False
        _copy_planes(frame, out)
        return True

    def _ffmpeg(self) -> Decoder:
        """The process that goes on where this one cannot."""
        if self._other is None:
            self._pictures.close()
            self._other = ProcessDecoder(
                self._info, (), self._info.pixel_format, self._frame_bytes, self.position
            )
        return self._other

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        self._closed = True
        self._pictures.close()
        if self._other is not None:
            self._other.close()


def _frames(path: str, time: int | None = None) -> Generator[Any, None, None]:
    """Decode a video, from the key frame before a time of its own clock."""
    import av

    with closing(av.open(file_url(path), options=input_options())) as container:
        attached = av.stream.Disposition.attached_pic
        videos = [s for s in container.streams.video if not s.disposition & attached]
        codec = videos[0].codec_context if videos else None
        if codec is None:  # FFmpeg has no decoder of that name
            return
        codec.options = {"err_detect": "explode"}
        codec.flags |= av.codec.context.Flags.unaligned  # crops to the sample, as ffmpeg does
        codec.thread_type = "AUTO"
        codec.thread_count = min(available_cores(), MOST_THREADS)
        if time is not None:
            container.seek(time, stream=videos[0])
        yield from container.decode(videos[0])


def _is_plain(frame: Any, info: VideoInfo) -> bool:
    """Whether the frame is whole, upright and like the file's description."""
    described = (info.height, info.width, info.pixel_format)
    as_described = (frame.height, frame.width, frame.format.name) == described
    return as_described and not frame.is_corrupt and not frame.rotation


def _copy_planes(frame: Any, out: Bytes) -> None:
    offset = 0
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        size = plane.height * plane.width
        place = out[offset : offset + size].reshape(plane.height, plane.width)
        np.copyto(place, rows[:, : plane.width])
        offset += size
