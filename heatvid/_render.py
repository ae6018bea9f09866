"""``render``: a whole sequence, from anything that holds one, into a video."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from heatvid._encoder import check_output
from heatvid._errors import OptionError, SourceError
from heatvid._job import DEFAULT_FPS, Job, frame_size, output_path
from heatvid._norms import Limits, ValueRange
from heatvid._options import Options, documented, make_options
from heatvid._plan import available_cores
from heatvid._progress import progress_bar
from heatvid._result import RenderResult
from heatvid._statistics import summarize
from heatvid.backends import Slot
from heatvid.sources import Source, open_source
from heatvid.sources._backgrounds import (
    Background,
    SelectedBackground,
    StillBackground,
    open_background,
)
from heatvid.sources._selection import Selection


@documented()
def render(source: Any, output: Any, **options: Any) -> RenderResult:
    """Render a sequence of predictions as a video.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens: frames of shape (H, W), any real dtype.
    output : path
        The video: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``. It appears when it is whole.
    {options}

    Returns
    -------
    RenderResult
        Path, frames, size, limits and times; in a notebook it shows the video.

    Raises
    ------
    UsageError
        The source, the output or an option cannot be used; nothing has been written.
    RenderError
        Rendering failed; nothing stands under the final name.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "out.mp4")
    >>> result = render(np.random.rand(8, 32, 32), path, vmin=0, vmax=1, cmap="magma")
    >>> result.frames
    8
    """
    return render_with(source, output, make_options(options))


def render_with(source: Any, output: Any, options: Options) -> RenderResult:
    """Render with checked options."""
    output = output_path(output)
    check_output(output, overwrite=options.overwrite)
    with ExitStack() as stack:
        opened = open_source(
            source,
            key=options.key,
            layout=options.layout,
            channel=options.channel,
            frames=options.frames,
        )
        stack.callback(opened.close)
        background = None if options.background is None else open_background(options.background)
        if background is not None:
            stack.callback(background.close)
            background = _alike(background, opened)
            check_lengths(opened, background)
        fps = options.fps or (background and background.fps) or opened.fps or DEFAULT_FPS
        field_size = frame_size(opened)
        job = Job(
            output,
            options,
            size=field_size if background is None else background.size,
            field_size=field_size,
            dtype=opened.dtype,
            fps=fps,
            background=_kind(options, background),
        )
        stack.enter_context(job)
        limits = _sequence_limits(opened, job, options.progress)
        job.start(limits, () if opened.in_memory else opened.buffer_shape)
        if background is not None:
            background.start(job.canvas)
        return _run(opened, background, job, options.progress)


def _kind(options: Options, background: Background | None) -> str | None:
    if background is not None:
        return "frames"
    return None if options.background is None else "color"


def _alike(background: Background, source: Source) -> Background:
    """Choose the same frames of a background that is as long as what they are chosen from."""
    if isinstance(source, Selection) and background.length == source.inner_length:
        return SelectedBackground(background, source.indices)
    return background


def check_lengths(source: Source, background: Background) -> None:
    """Demand one picture for each frame, or one for all."""
    if None in (source.length, background.length) or source.length == background.length:
        return
    raise OptionError(
        f"background: {background.length} frames ({background.name}) for {source.length} "
        f"predictions ({source.name}); allowed are equal lengths, or one still picture "
        "(frames='START:STOP' takes a part of the predictions)"
    )


def _sequence_limits(source: Source, job: Job, shown: bool | None) -> Limits | None:
    """Limits of all frames: those given, or those of a pass over the data; None where they move."""
    if job.range.fixed is not None:
        return job.range.fixed
    if job.range.scope != "sequence":
        return None
    if not source.rewindable:
        raise OptionError(
            f"{source.name}: frames that come one at a time have no range of the whole sequence; "
            "give vmin and vmax, or scope='frame' or scope='running'"
        )
    since = time.perf_counter()
    with progress_bar("statistics", source.length, shown) as advance:
        limits = measured_limits(source, job.range, advance)
    job.statistics_seconds = time.perf_counter() - since
    return limits


def measured_limits(
    source: Source, wanted: ValueRange, advance: Callable[[int], None] | None = None
) -> Limits:
    """Limits from a streaming pass over the data (more for percentiles of wide dtypes)."""
    extremes = wanted.percentiles == (0.0, 100.0)
    summary = summarize(
        source,
        () if extremes else wanted.percentiles,
        progress=advance,
        threads=min(available_cores(), 8),
    )
    if summary.minimum is None or summary.maximum is None:
        return wanted.limits(None, None)
    if extremes:
        return wanted.limits(float(summary.minimum), float(summary.maximum))
    low, high = (summary.percentiles[q] for q in wanted.percentiles)
    return wanted.limits(low, high)


def _run(
    source: Source, background: Background | None, job: Job, shown: bool | None
) -> RenderResult:
    """Read batch after batch into free slots until the source ends."""
    filled: set[int] = set()  # slots that hold the still background already
    start, size, done = 0, job.plan.batch_size, 0
    with progress_bar("rendering", source.length, shown) as advance:
        while source.length is None or start < source.length:
            slot = job.acquire()
            advance(job.written - done)
            done = job.written
            data = source.read(start, size, None if source.in_memory else slot.input)
            if len(data):
                job.submit(slot, data, _under(background, start, slot, len(data), filled))
            start += len(data)
            if len(data) < size:
                break
        _check_all_used(source, background, start)
        result = job.finish()
        advance(result.frames - done)
    return result


def _under(
    background: Background | None, start: int, slot: Slot, count: int, filled: set[int]
) -> Callable[[], None] | None:
    """Read the background of a batch: now where it comes in order, else with the rendering."""
    if background is None:
        return None
    if isinstance(background, StillBackground):
        if id(slot) not in filled:
            filled.add(id(slot))
            background.read(0, slot.background)
        return None
    if background.length is not None and start + count > background.length:
        raise SourceError(
            f"background: {background.name} ends after {background.length} frames, and there are "
            "more predictions; allowed are equal lengths, or one still picture"
        )
    out = slot.background[:count]
    if background.concurrent:
        return partial(background.read, start, out)
    background.read(start, out)
    return None


def _check_all_used(source: Source, background: Background | None, frames: int) -> None:
    if background is not None and background.length not in (None, frames):
        raise SourceError(
            f"background: {background.name} has {background.length} frames, {source.name} ended "
            f"after {frames}; allowed are equal lengths, or one still picture"
        )
