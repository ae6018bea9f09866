"""The files that the compared tools are given, of one length, and the case of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks import _measure, _scene_video, _scenes
from benchmarks.tools import HEAT, OVERLAY, Tool
from benchmarks.tools._task import ALPHA

FEWEST_FRAMES = 30  # of a tool that gets a share
SLOW_ROUNDS = 2  # of such a tool: it is far from the others


@dataclass(frozen=True)
class Scene:
    """The files of one length that the tools are given.

    Attributes
    ----------
    frames, height, width : int
    folder : Path
        Where the files of this length lie, and those of two frames.
    planes : Path
        Of the fields alone.
    """

    frames: int
    height: int
    width: int
    folder: Path
    planes: Path

    def make(self) -> None:
        """Write the dump, the video, and the planes of one over the other."""
        self.folder.mkdir(exist_ok=True)
        size = (self.height, self.width)
        for count in (self.frames, 2):
            _scenes.write_fields(self.folder / f"{count}.npy", count, *size)
            _scene_video.write_video(self.folder / f"{count}.mp4", count, *size)
        _scene_video.write_overlay_planes(self.overlay_planes, self.video, *size, ALPHA)

    @property
    def video(self) -> Path:
        """The video that lies under the fields."""
        return self.folder / f"{self.frames}.mp4"

    @property
    def overlay_planes(self) -> Path:
        """Ready planes of the overlay."""
        return self.folder / "overlay-planes.npy"

    def output(self, tool: Tool, kind: str, preset: str) -> Path:
        """What a tool writes."""
        return self.folder / f"{preset}-{kind}-{tool.name.replace(', ', '-').replace(' ', '-')}.mp4"

    def frames_of(self, tool: Tool) -> int:
        """Frames that a tool gets."""
        return min(self.frames, max(self.frames // tool.share, FEWEST_FRAMES))

    def case(self, tool: Tool, kind: str, preset: str, crf: int) -> _measure.Case:
        """Describe the run of a tool."""
        given: dict[str, object] = {
            "source": str(self.folder / f"{self.frames}.npy"),
            "warm_up": str(self.folder / "2.npy"),
            "output": str(self.output(tool, kind, preset)),
            "frames": self.frames_of(tool),
            "height": self.height,
            "width": self.width,
            "preset": preset,
            "crf": crf,
            "planes": str(self.planes if kind == HEAT else self.overlay_planes),
            **tool.options,
        }
        if kind == OVERLAY:
            given |= {"video": str(self.video), "warm_up_video": str(self.folder / "2.mp4")}
        rounds = SLOW_ROUNDS if tool.share > 1 else None
        return _measure.Case(f"{preset} {kind} {tool.name}", tool.preparation, given, rounds)
