"""``compare``: several sources side by side in one video, with their differences."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, Unpack

from heatvid._errors import SourceError, brief
from heatvid._jobs import panels
from heatvid._jobs.made import options_from
from heatvid._jobs.panels import Grid, Panel
from heatvid._jobs.render import render_with
from heatvid._jobs.result import RenderResult
from heatvid._options.accepted import RenderOptions
from heatvid._options.documenting import documented


@documented()
def compare(
    sources: Sequence[Any],
    output: Any,
    difference: bool = False,
    executor: Executor | None = None,
    **options: Unpack[RenderOptions],
) -> RenderResult:
    """Render several sources side by side, in step in time, on one scale.

    Each is shown at its own rate, or at ``source_fps``; the video has ``fps``, else the rate of the
    fastest. They have to last equally long, up to one frame. Sizes may differ: all are shown as
    high as the highest. Those that show the same quantity have one scale, unless ``own_limits``.

    Parameters
    ----------
    sources : sequence of paths, arrays, Sources or Panels
        Two or more; names of files are shown over them, or what ``captions`` say.
    output : path or file object
        What :func:`render` takes.
    difference : bool, default False
        Whether each further source less the first is shown, too, in colours of its own with 0 in
        the middle. One of another size is brought to that of the first.
    executor : concurrent.futures.Executor, optional
        Whose processes render the ``segments``; see :func:`render`.
    {options}

    Returns
    -------
    RenderResult
        That of the video; its limits are those of the first source.

    Raises
    ------
    UsageError
        A source, the output or an option cannot be used; the message names the source.
    RenderError
        Rendering failed; nothing stands under the final name.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "out.mp4")
    >>> a, b = np.random.rand(2, 8, 32, 32)
    >>> compare([a, b], path, difference=True, captions=["A", "B", "B - A"]).frames
    8
    """
    shown = compared(sources, difference=difference)
    return render_with(shown, output, options_from(options, output=output), executor)


def compared(sources: Sequence[Any], *, difference: bool) -> Grid:
    """Put sources into one row, and by how much each further one is more than the first."""
    if not isinstance(sources, list | tuple) or len(sources) < 2:
        raise SourceError(f"compare: got {brief(sources)}; allowed are two sources or more, [a, b]")
    first, *further = (source if isinstance(source, Panel) else Panel(source) for source in sources)
    pairs = [panels.difference(first, other) for other in further]
    return panels.grid([[first, *further, *(pairs if difference else [])]])
