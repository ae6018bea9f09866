"""The files that the compared tools are given, of one length, and the case of each of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import _encoder_scenes, _measure, _reference, _scene_video, _scenes
from benchmarks.tools import DEFAULTS, HEAT, OVERLAY, TEXTURED, Tool
from benchmarks.tools._task import ALPHA, read_fields

FEWEST_FRAMES = 16  # of a tool that gets a share
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

    def make(self, kinds: Collection[str], floors: bool) -> None:
        """Write the dumps and the video that some kinds take, and the floors' planes."""
        self.folder.mkdir(exist_ok=True)
        size = (self.height, self.width)
        for count in (self.frames, 2):
            _scenes.write_fields(self.folder / f"{count}.npy", count, *size)
            if OVERLAY in kinds:
                _scene_video.write_video(self.folder / f"{count}.mp4", count, *size)
        if TEXTURED in kinds:
            self._make_textured()
        if floors and not self.planes.exists():  # one for every length
            _scenes.write_planes(self.planes, *size)
        if floors and OVERLAY in kinds:
            _scene_video.write_overlay_planes(self.overlay_planes, self.video, *size, ALPHA)

    def _make_textured(self) -> None:
        size = (self.height, self.width)
        dump = np.lib.format.open_memmap(
            self.source(TEXTURED), "w+", np.float32, (self.frames, *size)
        )
        for i, values in enumerate(_encoder_scenes.depth_values(self.frames, *size)):
            # Beyond the limits some tools mirror values, or leave them out.
            dump[i] = np.clip(values, _scenes.VMIN, _scenes.VMAX)
        dump.flush()

    def source(self, kind: str) -> Path:
        """The dump of a kind of video."""
        return self.folder / f"{self.frames}{'-textured' if kind == TEXTURED else ''}.npy"

    def references(self, kind: str, indices: Sequence[int]) -> list[_reference.Picture]:
        """What some frames of a kind of video should show."""
        size = (self.height, self.width)
        if kind == TEXTURED:
            values = list(read_fields(str(self.source(kind)), self.frames))
            return [_reference.coloured(values[i]) for i in indices]
        if kind == HEAT:
            return [_reference.heat(i, *size) for i in indices]
        behind = _reference.play(self.video, *size, indices)
        pairs = zip(indices, behind, strict=True)
        return [_reference.overlay(i, *size, picture) for i, picture in pairs]

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
            "source": str(self.source(kind)),
            "warm_up": str(self.folder / "2.npy"),
            "output": str(self.output(tool, kind, preset)),
            "frames": self.frames_of(tool),
            "height": self.height,
            "width": self.width,
            "preset": None if preset == DEFAULTS else preset,
            "crf": None if preset == DEFAULTS else crf,
            "planes": str(self.overlay_planes if kind == OVERLAY else self.planes),
            **tool.options,
        }
        if kind == OVERLAY:
            given |= {"video": str(self.video), "warm_up_video": str(self.folder / "2.mp4")}
        rounds = SLOW_ROUNDS if tool.share > 1 else None
        return _measure.Case(f"{preset} {kind} {tool.name}", tool.preparation, given, rounds)
