"""How an encoder is set: its speed, its quality, and what fields need that films do not.

Encoders are made for films: they give flat areas more bits than the error would ask for, and rough
ones fewer (adaptive quantisation, psychovisual tricks). Fields are flat almost everywhere, so that
most of that is wasted. ``auto`` leaves it out and asks for a quality that comes to the same; what
it costs and gains is measured by ``python -m benchmarks encoders``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._encode.codecs import X264_PRESETS, Codec
from heatvid._frames import Bytes

Content = Literal["field", "labels", "pictures", "values"]

USUAL_CRF = 18  # of x264 at its own presets
USUAL_LEVELS = 1.0  # of the others: fields look the same
_BLOCK = 16  # a side of x264's macroblocks
_STRENGTH, _EVEN = 1.0397, 14.427  # x264's adaptive quantisation: strength * (log2(AC) - even)


@dataclass(frozen=True)
class Tuning:
    """Settings for one kind of content.

    Attributes
    ----------
    options : tuple of str
        ffmpeg's, for the encoder.
    crf : float
        That looks as x264's medium does at its crf of 18; the largest, where it goes by detail.
    even : float or None
        The crf of pictures of detail 0; None where it is one for all.
    by_detail : float
        How far it moves with the level of detail. Less than by one, as the encoder's own rate
        control does some of it.
    by_edges : float
        How far it moves with edges beyond :data:`_EDGES_ALONE`: medium encodes them coarsely.
    """

    options: tuple[str, ...]
    crf: float
    even: float | None = None
    by_detail: float = 1.0
    by_edges: float = 0.0


class Detail(NamedTuple):
    """How much there is to see in a frame.

    Attributes
    ----------
    level : float
        How far x264's adaptive quantisation would move the quantiser, on average over the error:
        0 and more where there is texture everywhere, down to -15 where all is flat.
    edges : float
        By how much that is more than the mean over the area: near 0 where all blocks are alike, 1
        where few hold most of what there is, as along the edges of a depth map, 5 and more where
        these are all there is, as of a map that is enlarged without smoothing.
    """

    level: float
    edges: float


def _x264(preset: str, parameters: str) -> tuple[str, ...]:
    return ("-preset", preset, "-x264-params", parameters)


_FIELD = "aq-mode=0:mbtree=0:rc-lookahead=0:weightp=0:bframes=1:b-adapt=0:ipratio=1.2:pbratio=1.05"
# Off by 2 levels at worst, and by more than 1 in one pixel of 800, of noise as of motion.
_VALUES = "qp=8:aq-mode=0:psy=0:bframes=0:weightp=0:ipratio=1:trellis=0:deadzone-inter=4"
_VALUES += ":deadzone-intra=4"
# Found by ``python -m benchmarks encoders``.
AUTO: dict[tuple[str, str], Tuning] = {
    ("libx264", "field"): Tuning(_x264("superfast", _FIELD), 21.2, 23.9, 0.64, 1.5),
    ("libx264", "edges"): Tuning(
        _x264("superfast", f"{_FIELD}:trellis=1:subme=2"), 20.5, 24.0, 0.64
    ),
    ("libx264", "labels"): Tuning(_x264("veryfast", "aq-mode=0:trellis=1"), 19),
    ("libx264", "values"): Tuning(_x264("veryfast", _VALUES), 20),
    ("libx264", "pictures"): Tuning(
        _x264("veryfast", "aq-mode=0:psy=0:trellis=1"), 18.3, 17.4, 0.62
    ),
}


def _tuning(codec: Codec, preset: str, content: Content, detail: Detail | None) -> Tuning | None:
    """What is set for a kind of content; None where there is nothing of the kind."""
    kind: str = content
    if content == "field" and detail is not None and _FEW_EDGES < detail.edges < _EDGES_ALONE:
        kind = "edges"
    return AUTO.get((codec.encoder, kind)) if preset == "auto" else None


def speed_options(
    codec: Codec, preset: str, content: Content, detail: Detail | None = None
) -> tuple[str, ...]:
    """Ffmpeg's options for a preset."""
    tuning = _tuning(codec, preset, content, detail)
    if tuning is not None:
        return tuning.options
    name = "fast" if preset == "auto" else preset
    return codec.speeds[X264_PRESETS.index(name)] if codec.speeds else ()


def quality_options(
    codec: Codec,
    *,
    crf: float | None,
    levels: float | None,
    preset: str,
    content: Content,
    detail: Detail | None,
) -> tuple[str, ...]:
    """Ffmpeg's options for a quality: a crf that is given, levels of error, or the usual."""
    scale = codec.quality
    if scale is None:
        return ()
    if crf is None:
        crf = _usual(codec, preset, content, detail) if levels is None else scale.at(levels)
    return scale.option, f"{crf:g}"


def looks(codec: Codec, *, preset: str, content: Content) -> bool:
    """Whether settings depend on the pictures' detail."""
    tuning = AUTO.get((codec.encoder, content))
    return preset == "auto" and tuning is not None and tuning.even is not None


def _usual(codec: Codec, preset: str, content: Content, detail: Detail | None) -> float:
    assert codec.quality is not None
    tuning = _tuning(codec, preset, content, detail)
    if tuning is not None:
        if tuning.even is None or detail is None:
            return tuning.crf
        by_detail = tuning.even + tuning.by_detail * detail.level
        by_edges = tuning.by_edges * max(detail.edges - _EDGES_ALONE, 0)
        return round(min(max(by_detail, _FINEST), tuning.crf) + min(by_edges, _MOST_BY_EDGES), 1)
    if codec.encoder == "libx264":
        return USUAL_CRF
    return codec.quality.at(USUAL_LEVELS)


_FINEST = 14.0  # beyond it only bytes are won: errors are below a third of a level
_FEW_EDGES, _EDGES_ALONE = 0.8, 3.0
_MOST_BY_EDGES = 5.0


def detail(frame: Bytes, canvas: Canvas) -> Detail:
    """How much there is to see in a frame, by the formula of x264's adaptive quantisation.

    (``ratecontrol.c``, ``x264_adaptive_quant_frame``, mode 1.) Its average over the error, which
    grows with the third root of the quantiser's power of 2.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        Of 4:2:0.
    """
    luma, blue, red = canvas.samples_of(frame)[:3]
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    if not rows or not columns:
        return Detail(0.0, 0.0)
    energy = np.zeros((rows, columns), np.int64)
    for plane, side in ((luma, _BLOCK), (blue, _BLOCK // 2), (red, _BLOCK // 2)):
        energy += _variation(plane[: rows * side, : columns * side], side)
    energy >>= 2 * (canvas.bits - 8)  # squares of levels of 8 bits
    moved = _STRENGTH * (np.log2(np.maximum(energy, 1)) - _EVEN)
    level = float(3 * np.log2(np.mean(2 ** (moved / 3))))
    return Detail(level, level - float(moved.mean()))


def _variation(plane: Bytes, side: int) -> NDArray[np.int64]:
    """Squares about the mean, summed over each block of ``side`` by ``side`` samples."""
    height, width = plane.shape
    blocks = plane.reshape(height // side, side, width // side, side).astype(np.int32)
    sums = blocks.sum((1, 3), dtype=np.int64)
    squares = np.square(blocks).sum((1, 3), dtype=np.int64)
    return np.asarray(squares - sums * sums // (side * side))
