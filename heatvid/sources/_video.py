"""A video as a field: its values where it is gray, else its luma."""

from __future__ import annotations

import numpy as np

from heatvid._errors import AnyPath, OptionError, called
from heatvid._frames import AnyArray
from heatvid._values.depth_codes import LAST_CODE
from heatvid._video.comment import video_comment
from heatvid._video.filters import gray_bits, luma_filters
from heatvid._video.info import probe
from heatvid._video.process_decoder import ProcessDecoder
from heatvid.sources._base import Source
from heatvid.sources._depth import codes_of, in_metres


def open_video(path: str, layout: str | None = None, channel: int | str | None = None) -> Source:
    """Open a video file as gray values, which have no channels and no other layout.

    Codes of 12 bits that stand for depth come as metres.
    """
    if layout is not None or channel not in (None, 0):
        raise OptionError(f"{called(path)}: a video is read as grey; leave out layout, channel")
    source = VideoSource(path)
    if source.white == LAST_CODE:
        comment = video_comment(path, source.name) or ""
        if (codes := codes_of(path, comment)) is not None:
            return in_metres(source, codes)
    return source


class VideoSource(Source):
    """A video as a field: gray values as they are, else luma, full range.

    Frames are uint8, or uint16 where the video has more than 8 bits.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    SourceError
        It is not a video that can be read to its end.
    """

    def __init__(self, path: AnyPath) -> None:
        self.info = probe(path)
        self.name = called(path)
        self.length = self.info.frames
        self.frame_shape = (self.info.height, self.info.width)
        self._filters, self._pixel_format, levels = luma_filters(self.info)
        self._stretched = None if levels is None else _stretched(*levels)
        self.dtype = np.dtype(np.uint8 if self._pixel_format == "gray" else np.uint16)
        self.white = (1 << gray_bits(self._pixel_format)) - 1
        self.fps = self.info.fps
        self._decoder: ProcessDecoder | None = None

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; going back begins decoding anew, frames left out are decoded and dropped."""
        count = max(min(count, self.info.frames - start), 0)
        frames = np.empty((count, *self.frame_shape), self.dtype) if out is None else out[:count]
        if count == 0:
            return frames
        decoder = self._decoder_at(start)
        frames = frames[: decoder.read(frames.reshape(count, -1).view(np.uint8))]
        if self._stretched is not None:
            for frame in frames:
                frame[...] = self._stretched[frame]
        return frames

    def _decoder_at(self, start: int) -> ProcessDecoder:
        if self._decoder is None or self._decoder.position > start:
            self.close()
            self._decoder = ProcessDecoder(
                self.info, self._filters, self._pixel_format, self.frame_bytes, start
            )
        dropped = np.empty((1, self.frame_bytes), np.uint8)
        while self._decoder.position < start:  # to begin there would decode these, too
            self._decoder.read(dropped)
        return self._decoder

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None


def _stretched(black: int, white: int) -> AnyArray:
    """What each of 16 bits' values becomes where ``black`` to ``white`` are stretched to all."""
    places = (np.arange(1 << 16) - black) / (white - black)
    table: AnyArray = np.rint(places.clip(0, 1) * ((1 << 16) - 1)).astype(np.uint16)
    return table
