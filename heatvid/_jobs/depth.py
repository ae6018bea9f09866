"""``encode_depth``: what a video of depth codes takes of the options, and how depth gets there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heatvid._encode.containers import CONTAINERS, suffix_of
from heatvid._errors import AnyPath, OptionError
from heatvid._frames import AnyArray
from heatvid._options.options import Options
from heatvid._values.depth_codes import DepthCodes
from heatvid.sources._depth import Encoded


def codes_for(options: Options, output: AnyPath) -> DepthCodes | None:
    """The quantisation that is asked for; None where colours are.

    Raises
    ------
    OptionError
        The limits are no scale of depth, or the output cannot hold such codes.
    """
    if options.encode_depth is None:
        return None
    allowed = [suffix for suffix, row in CONTAINERS.items() if "hevc" in row.codecs]
    if suffix_of(output) not in allowed:
        raise OptionError(
            f"encode_depth: got {options.encode_depth!r} for {suffix_of(output)}; allowed are "
            f"{', '.join(allowed)}"
        )
    low, high = DepthCodes.low, DepthCodes.high
    try:
        return DepthCodes(
            low if options.vmin is None else options.vmin,
            high if options.vmax is None else options.vmax,
        )
    except OptionError as error:
        raise OptionError(f"vmin, vmax: {error}") from None


def as_stored(options: Options) -> Options:
    """The options of a video that holds codes as they are, where one is asked for."""
    if options.encode_depth is None:
        return options
    return replace(
        options,
        norm="identity",
        vmin=None,
        vmax=None,
        pix_fmt="gray12le",
        codec="hevc",
        lossless=True,
    )


def as_given(options: Options, codes: DepthCodes) -> Options:
    """The options that :func:`as_stored` made these of."""
    return replace(
        options,
        norm="linear",
        vmin=codes.low,
        vmax=codes.high,
        pix_fmt=None,
        codec=None,
        lossless=False,
    )


def coded(frames: AnyArray, codes: DepthCodes) -> AnyArray:
    """The codes of depths in memory."""
    frames = np.asarray(frames)
    found: AnyArray = np.empty(frames.shape, Encoded.dtype)
    Encoded(codes).decode(frames, found)
    return found
