"""ffmpeg's own ``pseudocolor`` filter, with the same table spelled as an expression.

Its presets are computed in RGB for no matrix in particular; the table here holds BT.709 planes.
The dump is read by ffmpeg itself, behind the header. Going to ``yuvj420p`` keeps all 256 levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import (
    ALPHA,
    BELIEVED,
    FPS,
    TAGS,
    Task,
    npy_header,
    read_through,
    run_ffmpeg,
)


def prepare(**given: object) -> Callable[[], object]:
    """Spell the table; the call has ffmpeg read, map, blend and encode."""
    task = Task(**given)  # type: ignore[arg-type]
    table = np.rint(_scenes.to_yuv(_scenes.exact_colours())).astype(int)
    levels = "':".join(f"c{i}='{_lookup(table[:, i].tolist())}" for i in range(3)) + "'"
    heat = f"format=gray,scale=in_range=pc:out_range=pc,format=yuvj420p,pseudocolor={levels}"

    def render(source: str, video: str | None) -> None:
        with open(source, "rb") as file:
            npy_header(file)
            header = file.tell()
        raw = ["-f", "rawvideo", "-skip_initial_bytes", str(header), "-pix_fmt", "grayf32le",
               "-s", f"{task.width}x{task.height}", "-r", str(FPS), "-i", source]  # fmt: skip
        if video is None:
            run_ffmpeg(*raw, "-vf", f"{heat},{BELIEVED}", *task.encoding, *TAGS, task.output)
            return
        # Both named yuvj420p, so that nothing is converted between the two.
        graph = (
            f"[0:v]{heat},setparams=range=pc[h];[1:v]setparams=range=pc,format=yuvj420p[v];"
            f"[h][v]blend=all_mode=normal:all_opacity={ALPHA},{BELIEVED}"
        )
        inputs = [*raw, "-i", video, "-filter_complex", graph]
        run_ffmpeg(*inputs, *task.encoding, *TAGS, task.output)

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)


def _lookup(levels: Sequence[int], start: int = 0) -> str:
    """Spell ``levels[val - start]`` as a tree of comparisons."""
    if len(levels) == 1:
        return str(levels[0])
    half = len(levels) // 2
    below, above = _lookup(levels[:half], start), _lookup(levels[half:], start + half)
    return f"if(lt(val,{start + half}),{below},{above})"
