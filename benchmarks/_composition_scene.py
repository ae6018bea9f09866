"""What compositions are measured with: a portrait field over a video, and the figure that is made.

The figure has the video, the field in its colours and one over the other side by side, a colourbar
at their right, a title above and a clock in a corner; in heatvid it takes 1920x1080 nearly whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _scene_video, _scenes
from benchmarks.tools._task import ALPHA

SIZE = (1000, 580)  # of a panel
GAP, TOP, RIGHT = 8, 60, 140  # between panels; for the title; for the bar with its ticks
WARM_UP = 2  # frames of the clip that every tool begins with
TITLE = "A field that drifts"
PANELS = "background,heat,overlay"
LOOKS: dict[str, Any] = {"cmap": _scenes.CMAP, "vmin": _scenes.VMIN, "vmax": _scenes.VMAX}
DRAWN: dict[str, Any] = {
    "panels": PANELS,
    "colorbar": "right",
    "label": "level",
    "title": TITLE,
    "text": "{frame} {time:.2f} s",
}


@dataclass(frozen=True)
class Clip:
    """A dump and its video, of one length.

    Attributes
    ----------
    folder : Path
    frames : int
    size : (int, int)
    """

    folder: Path
    frames: int
    size: tuple[int, int] = SIZE

    @property
    def source(self) -> str:
        """The dump, (frames, height, width) float32."""
        return str(self.folder / f"{self.frames}.npy")

    @property
    def video(self) -> str:
        """The video that lies under it."""
        return str(self.folder / f"{self.frames}.mp4")

    def make(self) -> None:
        """Write both."""
        _scenes.write_fields(Path(self.source), self.frames, *self.size)
        _scene_video.write_video(Path(self.video), self.frames, *self.size)

    def options(self, kind: str) -> dict[str, Any]:
        """Options of a kind of video: heat, overlay, or the figure."""
        if kind == "heat":
            return dict(LOOKS)
        under = {"background": self.video, "alpha": ALPHA}
        return {**LOOKS, **under, **(DRAWN if kind == "figure" else {})}
