"""matplotlib: the figure by ``FuncAnimation``, or by ``parallel-matplotlib-animation``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _scenes
from benchmarks._composition_scene import GAP, RIGHT, TITLE, TOP, WARM_UP, Clip
from benchmarks.tools._task import ALPHA, FPS, Task, ffmpeg, read_fields, read_through, video_frames

DPI = 100


def prepare(
    folder: str, frames: int, size: tuple[int, int], preset: str, parallel: bool = False
) -> Callable[[], object]:
    """Import and warm up; the call animates the dump."""
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["animation.ffmpeg_path"] = ffmpeg()
    animate = _animate_in_parallel if parallel else _animate
    clip, short = (Clip(Path(folder), count, tuple(size)) for count in (frames, WARM_UP))
    animate(short, preset)
    read_through(clip.source)
    return lambda: animate(clip, preset)


class Figure:
    """The figure, and what of it changes."""

    def __init__(self, size: tuple[int, int]) -> None:
        import matplotlib.pyplot as plt

        self._size = height, width = size
        whole = self._whole = (TOP + height, 3 * width + 2 * GAP + RIGHT)
        self.figure = plt.figure(
            figsize=(whole[1] / DPI, whole[0] / DPI), dpi=DPI, facecolor="black"
        )
        nothing = np.zeros((*size, 3), np.uint8)
        heat: dict[str, Any] = {
            "cmap": _scenes.CMAP, "vmin": _scenes.VMIN, "vmax": _scenes.VMAX, "aspect": "auto",
        }  # fmt: skip
        axes = [self._axes(i) for i in range(3)]
        self.pictures = [axes[i].imshow(nothing, aspect="auto") for i in (0, 2)]
        field = np.zeros(size, np.float32)
        self.fields = [axes[1].imshow(field, **heat), axes[2].imshow(field, alpha=ALPHA, **heat)]
        self._draw_around()
        self.clock = axes[0].text(14, height - 14, "", color="white", fontsize=22)

    def _axes(self, i: int) -> Any:
        height, width = self._size
        left = i * (width + GAP) / self._whole[1]
        axes = self.figure.add_axes((left, 0, width / self._whole[1], height / self._whole[0]))
        axes.set_axis_off()
        return axes

    def _draw_around(self) -> None:
        height, width = self._size
        left = (3 * width + 2 * GAP + 16) / self._whole[1]
        share = height / self._whole[0]
        box = (left, 0.02 * share, 32 / self._whole[1], 0.96 * share)
        bar = self.figure.colorbar(self.fields[0], cax=self.figure.add_axes(box))
        bar.set_label("level", color="white", fontsize=20)
        bar.ax.tick_params(colors="white", labelsize=20)
        self.figure.suptitle(TITLE, color="white", fontsize=26, y=0.995)

    def update(self, i: int, field: Any, picture: Any) -> list[Any]:
        """Show a frame; returns what has changed."""
        for image in self.pictures:
            image.set_data(picture)
        for image in self.fields:
            image.set_data(field)
        self.clock.set_text(f"{i} {i / FPS:.2f} s")
        return [self.pictures[0], self.fields[0], self.pictures[1], self.fields[1], self.clock]


def _frames(clip: Clip) -> Iterator[tuple[Any, Any]]:
    task = Task(clip.source, "", "", clip.frames, *clip.size, None, None)
    return zip(read_fields(clip.source, clip.frames), video_frames(task, clip.video), strict=False)


def _animate(clip: Clip, preset: str) -> None:
    import matplotlib.animation
    import matplotlib.pyplot as plt

    shown, frames = Figure(clip.size), _frames(clip)
    animation = matplotlib.animation.FuncAnimation(
        shown.figure, lambda i: shown.update(i, *next(frames)), frames=clip.frames,
        init_func=lambda: [], blit=True, cache_frame_data=False,
    )  # fmt: skip
    writer = matplotlib.animation.FFMpegWriter(
        fps=FPS, codec="libx264",
        extra_args=["-preset", preset, "-crf", "20", "-pix_fmt", "yuv420p"],
    )  # fmt: skip
    output = clip.folder / "funcanimation-figure.mp4"
    animation.save(output, writer=writer, dpi=DPI, savefig_kwargs={"facecolor": "black"})
    plt.close(shown.figure)


def _animate_in_parallel(clip: Clip, preset: str) -> None:
    from parallel_animate import Animator

    class Composed(Animator):  # type: ignore[misc]  # it is not a dependency
        def setup(self) -> Any:
            self.shown = Figure(clip.size)
            return self.shown.figure

        def update(self, frame_idx: int, params: Any) -> None:
            self.shown.update(frame_idx, *params)

    Composed().make_video(
        clip.folder / "parallel-figure.mp4", _frames(clip), FPS, clip.frames, num_workers=-1,
        video_mode="cpu", video_quality=20, video_preset=preset, disable_progress_bar=True,
    )  # fmt: skip
