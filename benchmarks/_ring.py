"""Bytes that the ring of a rendering takes, from its plan: what its memory should come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def ring_bytes(task: Mapping[str, Any], size: tuple[int, int]) -> int:
    """Add up the slots that ``heatvid.render`` makes for a task.

    Parameters
    ----------
    task : mapping
        Arguments of :func:`benchmarks.tools.heatvid.prepare`.
    size : (int, int)
        Height and width of the video.
    """
    import heatvid
    from heatvid._canvas import Canvas
    from heatvid._options.options import make_options
    from heatvid._plan.make import make_plan
    from heatvid._values.limits import Limits
    from heatvid.backends import choose

    backend = choose(task["backend"]).backend
    with heatvid.open_source(task["source"]) as source:
        # Memory that render threads read into, and use again and again, is not of the ring.
        shared = source.in_memory or (source.concurrent and backend.synchronous)
        plan = make_plan(
            make_options({"threads": task.get("threads")}),
            canvas=Canvas("yuv420p", *size),
            field_size=source.frame_shape,
            field_dtype=source.dtype,
            limits=Limits(0.0, 1.0),
            background="frames" if task.get("video") else None,
            length=source.length,
        )
        backend.prepare(plan)
        slot = backend.slot(() if shared else source.buffer_shape)
    each = sum(part.nbytes for part in (slot.input, slot.background, slot.output, slot.mask))
    slots = backend.ring()[1]
    backend.close()
    return each * slots
