"""heatvid itself, through its public function."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import _scenes
from benchmarks.tools._task import ALPHA, Task, read_through


def prepare(backend: str, **given: object) -> Callable[[], object]:
    """Import and warm up; the call renders the dump."""
    import heatvid
    from heatvid._options.output import BACKENDS
    from heatvid.backends import why_not

    task = Task(**given)  # type: ignore[arg-type]

    def render(source: str, video: str | None, backend: str = backend) -> object:
        blending = {} if video is None else {"background": video, "alpha": ALPHA}
        encoding = {} if task.preset is None else {"preset": task.preset, "crf": task.crf}
        return heatvid.render(
            source, task.output, cmap=_scenes.CMAP, vmin=_scenes.VMIN, vmax=_scenes.VMAX,
            backend=backend, threads=task.threads, overwrite=True, progress=False,
            **encoding, **blending,
        )  # fmt: skip

    # Left to choose, it takes NumPy for two frames, and would load what is faster only later.
    fastest = next(name for name in BACKENDS if why_not(name) is None)
    render(task.warm_up, task.warm_up_video, fastest if backend == "auto" else backend)
    read_through(task.source)
    return lambda: render(task.source, task.video)
