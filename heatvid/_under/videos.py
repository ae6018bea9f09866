"""A video under a field."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from heatvid._canvas import Canvas
from heatvid._errors import SourceError, called
from heatvid._frames import Bytes
from heatvid._under.background import Background

if TYPE_CHECKING:
    from heatvid._video.in_process_decoder import Pictures
    from heatvid._video.info import Size
    from heatvid._video.reader import VideoReader
    from heatvid._video.sound import Sound


_HIGH_DYNAMIC_RANGE = {"smpte2084": "PQ", "arib-std-b67": "HLG"}


class VideoBackground(Background):
    """A video, decoded by ffmpeg straight into the canvas's format."""

    concurrent = False

    def __init__(self, path: str) -> None:
        from heatvid._video.info import probe

        self._path, self.name = path, called(path)
        self._pictures: Pictures | None = None  # until they are decoded into a canvas
        self._reader: VideoReader | None = None
        try:
            self._info = probe(path, self._decoded_size)
        except BaseException:
            self.close()
            raise
        self.fps = self._info.fps
        self.size, self.length = self._info.shown_size, self._info.frames
        if (kind := _HIGH_DYNAMIC_RANGE.get(self._info.transfer or "")) is not None:
            warnings.warn(
                f"{self.name}: is a video of high dynamic range ({kind}), which is shown as if it "
                "were not; tone-map it beforehand for its colours",
                stacklevel=2,
            )

    def _decoded_size(self) -> Size | None:
        from heatvid._video.in_process_decoder import Pictures, can_decode

        if not can_decode():
            return None
        self._pictures = Pictures(self._path)
        return self._pictures.size

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Start decoding, at the first picture that will be read."""
        from heatvid._video.reader import VideoReader

        pictures, self._pictures = self._pictures, None
        self._reader = VideoReader(self._info, canvas, start_frame=first, pictures=pictures)
        self._next = first

    def read(self, start: int, out: Bytes) -> None:
        """Read frames, at or after the end of the last read."""
        assert self._reader is not None, "the background was not started"
        assert start >= self._next, f"{start = }, {self._next = }"
        while self._next < start:
            self._reader.read(1, out[:1])
            self._next += 1
        got = self._reader.read(len(out), out)
        if got < len(out):
            raise SourceError(
                f"{self.name}: the video ended after {start + got} frames of {self.length}; "
                "it is damaged or was cut"
            )
        self._next += got

    def sound(self, index: int = 0) -> Sound | None:
        """What is heard from a picture on."""
        from heatvid._video.sound import find_sound

        return find_sound(self._info, index)

    def close(self) -> None:
        """End the decoder."""
        for opened in (self._pictures, self._reader):
            if opened is not None:
                opened.close()
