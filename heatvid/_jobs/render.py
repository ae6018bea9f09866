"""``render``: a whole sequence, from anything that holds one, into a video."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

import numpy as np

from heatvid._encode.opening import check_output
from heatvid._errors import OptionError
from heatvid._jobs.feed import BatchInputs
from heatvid._jobs.job import DEFAULT_FPS, Job, content_size, output_path
from heatvid._jobs.result import RenderResult
from heatvid._options.options import Options, documented, make_options
from heatvid._progress import progress_bar
from heatvid._under.background import Background, SelectedBackground
from heatvid._under.masks import Masks
from heatvid._under.opening import open_background
from heatvid._values.limits import FrameLimits
from heatvid.backends import choose
from heatvid.sources import Source, open_source
from heatvid.sources._arrays import is_array
from heatvid.sources._selection import Selection


@documented()
def render(source: Any, output: Any, **options: Any) -> RenderResult:
    """Render a sequence of predictions as a video.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens: frames of shape (H, W), any real dtype.
    output : path
        The video: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``; it appears when it is whole. Or
        numbered pictures, ``frames/%05d.png``.
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
        choice, adopted = None, None
        if is_array(source) and not isinstance(source, np.ndarray):  # it may lie on a device
            choice = choose(options.backend, options.device)
            adopted = choice.backend.adopt(source, "array")
        opened = open_source(
            source if adopted is None else adopted,
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
        size = _size(opened, background, options)
        if choice is None:
            pixels = None if opened.length is None else opened.length * size[0] * size[1]
            choice = choose(options.backend, options.device, pixels)
        fps = options.fps or (background and background.fps) or opened.fps or DEFAULT_FPS
        job = Job(
            output,
            options,
            size=size,
            frame_shape=opened.frame_shape,
            dtype=opened.dtype,
            fps=fps,
            background=_kind(options, background),
            choice=choice,
        )
        stack.enter_context(job)
        masks = None if options.alpha_mask is None else Masks(options.alpha_mask)
        if masks is not None:
            stack.callback(masks.close)
            if isinstance(opened, Selection) and masks.length == opened.inner_length:
                masks.select(opened.indices)
            masks.check(opened.name, opened.length)
        limits = _sequence_limits(opened, job, options.progress)
        mask_shape = None if masks is None else masks.size
        late = opened.concurrent and limits is not None
        shared = late and choice.backend.synchronous  # threads' own memory is enough
        input_shape = () if opened.in_memory or shared else opened.buffer_shape
        job.start(limits, input_shape, mask_shape, opened.length)
        if background is not None:
            background.start(job.plan.composed_on)
        return _run(opened, BatchInputs(background, masks), job, late, options.progress)


def _size(source: Source, background: Background | None, options: Options) -> tuple[int, int]:
    if background is not None:
        return background.size
    return content_size(source, options.channel)


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


def _sequence_limits(source: Source, job: Job, shown: bool | None) -> FrameLimits | None:
    """Limits of all frames: those given, or those of a pass over the data; None where they move."""
    if job.field_limits.fixed is not None or job.field_limits.moves:
        return job.field_limits.fixed
    if not source.rewindable:
        raise OptionError(
            f"{source.name}: frames that come one at a time have no range of the whole sequence; "
            "give vmin and vmax, or scope='frame' or scope='running'"
        )
    since = time.perf_counter()
    with progress_bar("statistics", source.length, shown) as advance:
        limits = job.field_limits.measure(source, advance)
    job.statistics_seconds = time.perf_counter() - since
    return limits


def _run(
    source: Source, inputs: BatchInputs, job: Job, late: bool, shown: bool | None
) -> RenderResult:
    """Fill slot after slot until the source ends.

    Where ``late``, render threads read by themselves: some rows at a time, as they render them, or
    whole frames, each thread into memory of its own, or into the slot's where that is still read
    from afterwards.
    """
    start, size, done = 0, job.plan.batch_size, 0
    with progress_bar("rendering", source.length, shown) as advance:
        while source.length is None or start < source.length:
            slot = job.acquire()
            written = job.written
            advance(written - done)
            done = written
            if late:
                count = min(size, len(source) - start)
                job.submit_unread(slot, source, start, inputs.fill(slot, start, count))
            else:
                data = source.read(start, size, None if source.in_memory else slot.input)
                count = len(data)
                if count:
                    job.submit(slot, data, inputs.fill(slot, start, count))
            start += count
            if count < size:
                break
        inputs.check_all_used(source, start)
        result = job.finish()
        advance(result.frames - done)
    return result
