"""Jobs of many shapes and dtypes that the backends are compared with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scenes

DISTINCT = 12  # frames, which repeat: enough to outgrow caches


@dataclasses.dataclass(frozen=True)
class Job:
    """Something to render.

    Attributes
    ----------
    name : str
    height : int
        Lines of the video, which is 16:9.
    dtype : str
        Of the field.
    field : (int, int) or None
        Its size; None for that of the video.
    channels : int
        More than one is (H, W, C).
    over : bool
        Whether a still picture lies under it.
    options : dict
        Further options of ``heatvid.render``, in values that JSON can hold.
    """

    name: str
    height: int = 1080
    dtype: str = "float32"
    field: tuple[int, int] | None = None
    channels: int = 1
    over: bool = False
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the video."""
        return self.height, self.height * 16 // 18 * 2

    @property
    def field_size(self) -> tuple[int, int]:
        """Height and width of the field."""
        return self.field or self.size

    def frame(self, index: int) -> NDArray[Any]:
        """One frame of the field, (H, W) or (H, W, C)."""
        channels = [_scenes.field(index + 20 * c, *self.field_size) for c in range(self.channels)]
        values = channels[0] if self.channels == 1 else np.stack(channels, -1)
        if np.dtype(self.dtype).kind == "f":
            return values.astype(self.dtype)
        top = np.iinfo(self.dtype).max
        return (np.clip(values, 0, 1) * top).astype(self.dtype)

    def limits(self) -> tuple[float, float]:
        """Fixed limits: the values lie in 0..1, or fill the integer's range."""
        if np.dtype(self.dtype).kind == "f":
            return (0.01, 1.0) if self.options.get("norm") == "log" else (0.0, 1.0)
        return 0.0, float(np.iinfo(self.dtype).max)

    @property
    def input_bytes(self) -> int:
        """Bytes of one frame of the field."""
        values = self.field_size[0] * self.field_size[1] * self.channels
        return values * np.dtype(self.dtype).itemsize

    @property
    def canvas_bytes(self) -> int:
        """Bytes of one frame of the video, yuv420p."""
        return self.size[0] * self.size[1] * 3 // 2

    @property
    def moved_bytes(self) -> int:
        """Bytes that a frame takes at least: the field and the background in, the canvas out."""
        return self.input_bytes + self.canvas_bytes * (2 if self.over else 1)

    def plan(self, batch_size: int | None = None) -> Any:
        """The plan of the job, with a yuv420p background of frames where it has one."""
        from heatvid._canvas import Canvas
        from heatvid._options.options import make_options
        from heatvid._plan.make import make_plan
        from heatvid._values.limits import Limits

        limits = Limits(*self.limits())
        channels = () if self.channels == 1 else (self.channels,)
        given = {**self.options, "batch_size": batch_size}
        if self.channels == 1:
            given["cmap"] = _scenes.CMAP
        return make_plan(
            make_options({**given, "alpha": 0.5 if self.over else 1.0}),
            canvas=Canvas("yuv420p", *self.size),
            field_size=(*self.field_size, *channels),
            field_dtype=np.dtype(self.dtype),
            limits=limits if self.channels == 1 else (limits,) * self.channels,
            background="frames" if self.over else None,
        )

    def write(self, path: Path, frames: int) -> None:
        """Write the dump."""
        distinct = [self.frame(i) for i in range(min(frames, DISTINCT))]
        shape = (frames, *distinct[0].shape)
        array = np.lib.format.open_memmap(path, "w+", np.dtype(self.dtype), shape)
        for i in range(frames):
            array[i] = distinct[i % len(distinct)]
        array.flush()


JOBS = (
    Job("heat float32"),
    Job("heat float16", dtype="float16"),
    Job("heat uint8", dtype="uint8"),
    Job("heat float32, log", options={"norm": "log"}),
    Job("heat 64×64 bilinear", field=(64, 64)),
    Job("RGB float32", channels=3, options={"channel": "rgb"}),
    Job("overlay float32", over=True),
    Job("overlay 64×64 bilinear", field=(64, 64), over=True),
    Job("heat float32, 2160p", height=2160),
)
