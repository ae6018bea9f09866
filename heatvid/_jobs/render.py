"""``render``: a whole sequence, from anything that holds one, into a video."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Unpack

from heatvid._encode.containers import is_page, suffix_of
from heatvid._encode.opening import check_output, output_path
from heatvid._jobs.composed import ReadFeed, suited
from heatvid._jobs.composing import open_composed
from heatvid._jobs.composition import demand_one_field, inputs_of, is_composed
from heatvid._jobs.depth import as_stored, codes_for
from heatvid._jobs.job import Destination, Job, for_output, run
from heatvid._jobs.made import naming_like, options_from
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.page import write_page
from heatvid._jobs.result import RenderResult
from heatvid._jobs.segment import Segment
from heatvid._jobs.segments import frames_of_each, render_segments
from heatvid._jobs.sending import demand_segments, demand_work, to_send
from heatvid._jobs.source_feed import adopted, open_feed
from heatvid._jobs.values import write_values
from heatvid._options.accepted import RenderOptions
from heatvid._options.documenting import documented
from heatvid._options.options import Options
from heatvid._progress import progress_bar
from heatvid._values.depth_codes import DepthCodes
from heatvid.backends import Choice, choose


@documented()
def render(
    source: Any,
    output: Any,
    executor: Executor | None = None,
    **options: Unpack[RenderOptions],
) -> RenderResult:
    """Render a sequence of predictions as a video.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens: frames of shape (H, W), any real dtype.
    output : path or file object
        The video: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``, or a picture that moves: ``.gif``,
        ``.apng``, ``.webp`` or ``.avif``; it appears when it is whole. Or numbered pictures,
        ``frames/%05d.png``, ``.jpg``, ``.webp``, ``.tif`` and ``.exr``, the last two of values;
        without a number a picture of one frame. Missing folders are made; those that were made
        for an output that fails go with it. Or a binary file object, at its end, with ``format``:
        it is written to when all is whole, so that a failure before leaves it as it was; where
        it fails itself, what was written is taken back if it can seek.
    executor : concurrent.futures.Executor, optional
        Whose processes render the ``segments``, which are files that all of them see; as
        ``distributed.Client(...).get_executor()`` gives one. By default some of this machine.
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
    return render_with(source, output, options_from(options, output=output), executor)


def render_with(
    source: Any, output: Any, options: Options, executor: Executor | None = None
) -> RenderResult:
    """Render with checked options."""
    with naming_like(options):
        return _rendered(source, output, options, executor)


def _rendered(
    source: Any, output: Any, options: Options, executor: Executor | None
) -> RenderResult:
    output = output_path(output, options.format)
    options = for_output(options, output)
    demand_work(options, executor)
    inputs = inputs_of(options, source)
    check_output(output, overwrite=options.overwrite, inputs=inputs, start=options.start_number)
    if suffix_of(output) == ".exr":
        demand_one_field(source, output)
        return write_values(source, output, options)
    if is_page(output):
        return write_page(source, output, options)
    codes, options = codes_for(options, output), as_stored(options)
    demand_segments(options, source)
    feed, options, choice = _opened(source, options, codes)
    with feed, Destination(output, options, feed) as destination:
        frames = frames_of_each(options, feed, destination.settings)
        if len(frames) > 1:
            sent = Segment(*to_send(source, options), codes)
            return render_segments(options, feed, destination, sent, frames, executor)
        choice = suited(choice or choose(options.backend, options.device, feed.pixels), feed)
        limits, seconds = feed.measure()
        with (
            Job(options, feed, choice, destination, limits) as job,
            progress_bar("rendering", feed.length, options.progress) as advance,
        ):
            done = run(feed, job.ring, job.renderer, advance)
            result = job.finish(seconds)
            advance(result.frames - done)
    return result


def _opened(
    source: Any, options: Options, codes: DepthCodes | None
) -> tuple[ReadFeed, Options, Choice | None]:
    """Open what is shown; the backend is chosen already by where an array lies."""
    if is_composed(options, source):
        return open_composed(options, source), options, None
    source, choice = (source, None) if codes else adopted(options, source)
    options, note = over_own_pictures(in_own_colours(options, source), source)
    feed = open_feed(options, source, codes)
    if note:
        feed.about = replace(feed.about, note=note)
    return feed, options, choice
