"""Values as they are, into numbered files that hold them: nothing is scaled, nothing coloured."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.opening import claim_output, open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._errors import AnyPath, OptionError, SourceError
from heatvid._frames import AnyArray
from heatvid._jobs.feed import DEFAULT_FPS
from heatvid._jobs.made import told_of
from heatvid._jobs.meant import demand_meant, names_in_values
from heatvid._jobs.result import RenderResult
from heatvid._options.options import Options, option_fields
from heatvid._progress import progress_bar
from heatvid._values.channels import NOT_REDUCED, reduce_channels
from heatvid._values.limits import Limits
from heatvid.sources import Source, open_source

_BATCH_BYTES = 16 << 20


def write_values(source: Any, output: AnyPath, options: Options) -> RenderResult:
    """Write a source's values as float32, one frame a file; what has 64 bits is rounded.

    Raises
    ------
    UsageError
        The source or the output cannot be used, or an option means something with colours only.
    RenderError
        Writing failed; nothing stands under the final names.
    """
    _demand_values(options)
    since = time.perf_counter()
    asked = {option.name: getattr(options, option.name) for option in option_fields(("input",))}
    opened = open_source(source, **asked)
    try:
        return _written(opened, output, options, since)
    finally:
        if not isinstance(source, Source):
            opened.close()


def _demand_values(options: Options) -> None:
    allowed = "with colours, not in .exr, which holds values as they are"
    demand_meant(options, names_in_values(), allowed)
    if options.channel in NOT_REDUCED:
        raise OptionError(f"channel: got {options.channel!r}; allowed in .exr is one value a pixel")


def _written(source: Source, output: AnyPath, options: Options, since: float) -> RenderResult:
    height, width = _scalar(np.zeros((1, *source.frame_shape), source.dtype), options).shape[1:]
    settings = OutputSettings(
        output, Canvas("grayf32le", height, width), source.fps or DEFAULT_FPS,
        overwrite=options.overwrite, threads=options.threads, start_number=options.start_number,
        length=source.length, comment=told_of(options, source.name, source.about),
    )  # fmt: skip
    bytes_each = int(np.prod(source.frame_shape)) * source.dtype.itemsize
    batch = options.batch_size or max(1, min(256, _BATCH_BYTES // bytes_each))
    claim = claim_output(settings)
    try:
        with (
            open_sink(settings, claim) as sink,
            progress_bar("writing", source.length, options.progress) as advance,
        ):
            low, high = np.inf, -np.inf
            while len(frames := source.read(sink.frames, batch)):
                with np.errstate(over="ignore"):  # beyond float32 lies infinity
                    values = _scalar(frames, options).astype("<f4")
                finite = values[np.isfinite(values)]
                low, high = min(low, finite.min(initial=low)), max(high, finite.max(initial=high))
                sink.write(np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1))
                advance(len(values))
            if not sink.frames:
                raise SourceError(f"{source.name}: has no frames; write at least one")
    finally:
        claim.discard()
    return RenderResult(
        path=Path(os.fsdecode(output)),
        frames=sink.frames,
        height=height,
        width=width,
        fps=settings.fps,
        limits=Limits(float(low), float(high)) if low <= high else None,
        labels=None,
        backend="none",
        reason="values are written as they are",
        seconds={"total": time.perf_counter() - since},
        about=source.about,
    )


def _scalar(frames: AnyArray, options: Options) -> AnyArray:
    """Frames of one value a pixel, shape (n, H, W)."""
    return reduce_channels(frames, str(options.channel)) if frames.ndim == 4 else frames
