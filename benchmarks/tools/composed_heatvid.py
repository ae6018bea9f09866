"""heatvid: the figure, or a plain video of one of its panels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest import mock

from benchmarks._composition_scene import WARM_UP, Clip
from benchmarks._sink import Nothing
from benchmarks.tools._task import read_through


def prepare(
    folder: str, frames: int, size: tuple[int, int], preset: str, backend: str,
    kind: str = "figure", discard: bool = False,
) -> Callable[[], object]:  # fmt: skip
    """Import and warm up; the call renders the dump.

    Parameters
    ----------
    kind : {"figure", "heat", "overlay"}
    discard : bool
        Whether frames are thrown away where the encoder would have taken them.
    """
    import heatvid
    import heatvid._jobs.job

    if discard:
        mock.patch.object(heatvid._jobs.job, "open_sink", return_value=Nothing()).start()

    def render(clip: Clip) -> object:
        return heatvid.render(
            clip.source, str(Path(folder, f"{backend}-{kind}.mp4")), backend=backend,
            preset=preset, crf=20, overwrite=True, progress=False, **clip.options(kind),
        )  # fmt: skip

    clip, short = (Clip(Path(folder), count, tuple(size)) for count in (frames, WARM_UP))
    render(short)
    read_through(clip.source)
    return lambda: render(clip)
