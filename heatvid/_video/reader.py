"""A video's frames, decoded into a canvas."""

from __future__ import annotations

import numpy as np

from heatvid._canvas import Canvas
from heatvid._frames import Bytes
from heatvid._video.filters import canvas_filters
from heatvid._video.in_process_decoder import InProcessDecoder, Pictures, can_decode
from heatvid._video.info import VideoInfo
from heatvid._video.process_decoder import Decoder, ProcessDecoder


class VideoReader:
    """Decodes a video, in order, into frames of a canvas.

    Parameters
    ----------
    info : VideoInfo
        From :func:`probe`.
    canvas : Canvas
        Its content size is what the video is scaled to, an odd one padded by its last row or
        column; its pixel format and range are what is delivered. A video that already is what
        the canvas asks for passes through sample for sample.
    start_frame : int, optional
        First frame to deliver; it is sought from the key frame before it.
    pictures : Pictures, optional
        Of this video, none of them taken yet; the reader then owns them.

    Raises
    ------
    MissingDependencyError
        There is no ffmpeg.
    """

    def __init__(
        self,
        info: VideoInfo,
        canvas: Canvas,
        *,
        start_frame: int = 0,
        pictures: Pictures | None = None,
    ) -> None:
        self._canvas = canvas
        filters, pixel_format = canvas_filters(info, canvas)
        self._stored = _unpadded_planes(canvas)
        stored_bytes = sum(rows * columns for rows, columns in self._stored)
        self._decoder: Decoder
        if not filters and can_decode():
            self._decoder = InProcessDecoder(info, stored_bytes, start_frame, pictures)
        else:
            if pictures is not None:
                pictures.close()
            self._decoder = ProcessDecoder(info, filters, pixel_format, stored_bytes, start_frame)
        padded = stored_bytes != canvas.frame_bytes
        self._arranges = padded or canvas.pixel_format == "nv12"
        self._scratch = np.empty(stored_bytes if self._arranges else 0, np.uint8)

    def read(self, count: int, out: Bytes) -> int:
        """Decode the next frames.

        Parameters
        ----------
        count : int
            Frames wanted, up to ``len(out)``.
        out : ndarray, shape (n, canvas.frame_bytes) uint8, C order, host
            Filled from its beginning.

        Returns
        -------
        int
            Frames read; fewer than ``count`` only at the end of the video.

        Raises
        ------
        SourceError
            The video is damaged, was cut, or ffmpeg failed or hangs.
        """
        assert out.shape[1:] == (self._canvas.frame_bytes,), f"{out.shape = }"
        assert len(out) >= count, f"{len(out) = }, {count = }"
        if not self._arranges:
            return self._decoder.read(out[:count])
        for i in range(count):
            if not self._decoder.read(self._scratch[np.newaxis]):
                return i
            self._arrange(out[i])
        return count

    def _arrange(self, frame: Bytes) -> None:
        """Copy planes to where the canvas has them; repeat the last row and column of odd sizes."""
        offset = 0
        samples = self._canvas.samples_of(frame)
        for target, (rows, columns) in zip(samples, self._stored, strict=True):
            source = self._scratch[offset : offset + rows * columns].reshape(rows, columns)
            target[:rows, :columns] = source
            target[:rows, columns:] = source[:, -1:]
            target[rows:] = target[rows - 1]
            offset += source.size

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        self._decoder.close()


def _unpadded_planes(canvas: Canvas) -> list[tuple[int, int]]:
    """Rows and bytes a row of each plane as ffmpeg writes them, before the canvas's padding."""
    height, width = canvas.content_height, canvas.content_width
    if canvas.pixel_format == "rgb24":
        return [(height, width * 3)]
    chroma = ((height + 1) // 2, (width + 1) // 2) if canvas.subsampled else (height, width)
    return [(height, width), chroma, chroma]
