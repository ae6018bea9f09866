"""Decode videos: as backgrounds straight into a canvas, or as fields of luma."""

from __future__ import annotations

import numpy as np

from heatvid._ffmpeg.process import AnyPath, shown
from heatvid._frames import AnyArray, Bytes, Canvas, ColorRange
from heatvid._video.in_process_decoder import InProcessDecoder, Pictures, can_decode
from heatvid._video.info import VideoInfo, probe
from heatvid._video.process_decoder import Decoder, ProcessDecoder
from heatvid.sources._base import Source

__all__ = ["VideoInfo", "VideoReader", "VideoSource", "probe"]

_HD_LINES = 720  # from here up players take untagged video for BT.709, below for BT.601
# ffmpeg's names of matrices, as the scale filter of every version calls them
_MATRICES = {
    "bt709": "bt709",
    "bt470bg": "bt601",
    "smpte170m": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}


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
        First frame to deliver; those before it are decoded and dropped.
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
        filters, pixel_format = _canvas_filters(info, canvas)
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


class VideoSource(Source):
    """A video as a field: its luma, full range.

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
        self.name = shown(path)
        self.length = self.info.frames
        self.frame_shape = (self.info.height, self.info.width)
        self.dtype = np.dtype(np.uint8)
        self.fps = self.info.fps
        self._decoder: ProcessDecoder | None = None

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; going back, or far ahead, begins decoding anew."""
        count = max(min(count, self.info.frames - start), 0)
        frames = np.empty((count, *self.frame_shape), np.uint8) if out is None else out[:count]
        if count == 0:
            return frames
        if self._decoder is None or self._decoder.position != start:
            self.close()
            height, width = self.frame_shape
            filters = _luma_filters(self.info)
            self._decoder = ProcessDecoder(self.info, filters, "gray", height * width, start)
        return frames[: self._decoder.read(frames.reshape(count, -1))]

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None


# --- what stands between the decoder and the canvas ------------------------------------------


def _canvas_filters(info: VideoInfo, canvas: Canvas) -> tuple[list[str], str]:
    """Choose the filters and ffmpeg's name of the pixels; no filter where none is needed."""
    wanted = (canvas.content_height, canvas.content_width, canvas.color_range, "bt709")
    # Pairs of nv12 are made of planes here, so that no conversion of ffmpeg touches them.
    pixel_format = "yuv420p" if canvas.subsampled else canvas.pixel_format
    if (
        info.pixel_format in (pixel_format, pixel_format.replace("yuv", "yuvj"))
        and pixel_format != "rgb24"
        and (info.height, info.width, _range(info), _matrix(info)) == wanted
    ):
        return [], info.pixel_format
    out_range: ColorRange = "pc" if pixel_format == "rgb24" else canvas.color_range
    height, width = canvas.content_height, canvas.content_width
    scale = _scale(info, height, width, "bt709", out_range)
    return [scale, f"format={pixel_format}"], pixel_format


def _luma_filters(info: VideoInfo) -> list[str]:
    """Take the luma that is stored, BT.709's of an RGB video.

    By way of YUV: what matrix a conversion to gray means differs between versions.
    """
    matrix = _matrix(info) if _is_yuv(info) else "bt709"
    scale = _scale(info, info.height, info.width, matrix, "pc")
    return [scale, "format=yuv444p", "extractplanes=y"]


def _scale(info: VideoInfo, height: int, width: int, matrix: str, out_range: ColorRange) -> str:
    """Scale and convert; the matrices and ranges are explicit, since defaults differ.

    Bilinear as for arrays; and it makes chroma the mean of its four pixels, where bicubic, on its
    way from matrix to matrix, smears it over its neighbours.
    """
    options = [f"{width}:{height}", "flags=bilinear+accurate_rnd+full_chroma_int+bitexact"]
    if _is_yuv(info):
        options += [f"in_color_matrix={_matrix(info)}", f"in_range={_range(info)}"]
    return "scale=" + ":".join([*options, f"out_color_matrix={matrix}", f"out_range={out_range}"])


def _is_yuv(info: VideoInfo) -> bool:
    return info.pixel_format.startswith(("yuv", "nv", "p0", "p2", "p4", "gray", "uyvy", "yuyv"))


def _range(info: VideoInfo) -> ColorRange:
    return info.color_range or "tv"


def _matrix(info: VideoInfo) -> str:
    """The matrix as tagged, else the one that players assume."""
    assumed = "bt709" if info.height >= _HD_LINES else "bt601"
    return _MATRICES.get(info.matrix or "", assumed)


def _unpadded_planes(canvas: Canvas) -> list[tuple[int, int]]:
    """Rows and bytes a row of each plane as ffmpeg writes them, before the canvas's padding."""
    height, width = canvas.content_height, canvas.content_width
    if canvas.pixel_format == "rgb24":
        return [(height, width * 3)]
    chroma = ((height + 1) // 2, (width + 1) // 2) if canvas.subsampled else (height, width)
    return [(height, width), chroma, chroma]
