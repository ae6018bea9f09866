"""heatvid with any options, with its encoder or with one that throws the frames away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from benchmarks._sink import Nothing
from benchmarks.tools._task import read_through


def prepare(
    source: str, warm_up: str, output: str, backend: str, options: dict[str, Any], discard: bool
) -> Callable[[], object]:
    """Import and warm up on a short dump; the call renders the long one.

    Parameters
    ----------
    discard : bool
        Whether frames are thrown away where the encoder would have taken them.
    """
    import heatvid
    import heatvid._jobs.job

    if discard:
        mock.patch.object(heatvid._jobs.job, "open_sink", return_value=Nothing()).start()

    def render(path: str) -> object:
        return heatvid.render(
            path, output, backend=backend, overwrite=True, progress=False, **options
        )

    render(warm_up)
    read_through(source)
    return lambda: render(source)
