"""The tools that are compared, each a module that prepares one :class:`Task`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field

HEAT, TEXTURED, OVERLAY = "heat", "textured", "overlay"
DEFAULTS = "defaults"  # beside x264's presets: every tool as its users run it
FLOOR, SAME_PICTURES = "floor", "floor, same pictures"
FLOORS = (FLOOR, SAME_PICTURES)
DEFAULT, BEFORE = "heatvid", "heatvid, before"


@dataclass(frozen=True)
class Tool:
    """One way of making the video.

    Attributes
    ----------
    name : str
        As it is listed.
    module : str
        Of this package; its ``prepare`` takes the task's values and ``options``.
    note : str
        What it does, and where it cannot do as the others.
    package, pip : str or None
        What has to be importable, and what installs it.
    share : int
        It gets one in so many of the frames: slow ones cost the same a frame with fewer.
    options : dict
        Further arguments of ``prepare``.
    kinds : tuple of str
        Of video that it makes; what shows a smooth field shows a textured one.
    at_presets, at_defaults : bool
        Whether it can be told x264's preset and crf, and whether it has defaults of its own.
    """

    name: str
    module: str
    note: str
    package: str | None = None
    pip: str | None = None
    share: int = 1
    options: dict[str, object] = field(default_factory=dict)
    kinds: tuple[str, ...] = (HEAT, OVERLAY)
    at_presets: bool = True
    at_defaults: bool = True

    def makes(self, kind: str, preset: str) -> bool:
        """Whether it makes a kind of video at a preset, or at its defaults."""
        if preset == DEFAULTS:
            return self.at_defaults and (HEAT if kind == TEXTURED else kind) in self.kinds
        return self.at_presets and kind in self.kinds

    @property
    def is_heatvid(self) -> bool:
        """Whether this is what the others are compared with."""
        return self.module == "heatvid"

    @property
    def preparation(self) -> str:
        """Name it as a :class:`benchmarks._measure.Case` does."""
        return f"benchmarks.tools.{self.module}:prepare"


TOOLS = (
    Tool(FLOOR, "floor", "heat: ready yuv420p planes written to ffmpeg through a pipe; "
         "overlay: ffmpeg transcodes the video, nothing over it", at_defaults=False),
    Tool(SAME_PICTURES, "floor", "ffmpeg decodes the video for nothing, and encodes ready planes "
         "of the overlay", options={"same_pictures": True}, kinds=(OVERLAY,), at_defaults=False),
    Tool(DEFAULT, "heatvid", "heatvid.render as it is", options={"backend": "auto"},
         at_presets=False),
    Tool(BEFORE, "heatvid", "the same with preset medium at crf 18, the default before",
         options={"backend": "auto", "preset": "medium", "crf": 18}, at_presets=False),
    Tool("heatvid numba", "heatvid", "heatvid.render with backend numba", "numba",
         "heatvid[numba]", options={"backend": "numba"}, at_defaults=False),
    Tool("heatvid numpy", "heatvid", "heatvid.render with backend numpy",
         options={"backend": "numpy"}, at_defaults=False),
    Tool("OpenCV", "opencv", "convertScaleAbs, applyColorMap with the same table, addWeighted; "
         "VideoCapture in, bgr24 pipe out; its own number of threads; by default its VideoWriter, "
         "whose builds lack H.264: MPEG-4", "cv2",
         "opencv-python-headless"),
    Tool("ffmpeg pseudocolor", "pseudocolor", "one ffmpeg reads the dump and maps it with the "
         "same table, in BT.709 and tagged; chroma of one pixel in four, not their mean"),
    Tool("imageio", "imageio_writer", "index into a 256×3 table, blend in uint8, "
         "imageio's reader and writer; by default too the size as it is, where it would make "
         "1088 lines of 1080", "imageio", "imageio imageio-ffmpeg", share=2),
    Tool("matplotlib cmap", "matplotlib_cmap", "(cmap(x) * 255).astype(uint8), blend in float32, "
         "rgb24 pipe", "matplotlib", "matplotlib", share=4),
    Tool("mediapy", "mediapy_writer", "to_rgb, blend in float32, VideoWriter; "
         "imageio-ffmpeg as the reader, as its own needs FFmpeg before 9",
         "mediapy", "mediapy", share=4),
    Tool("matplotlib animation", "matplotlib_animation", "imshow, FuncAnimation and FFMpegWriter, "
         "one pixel a value", "matplotlib", "matplotlib", share=8),
    Tool("torchcodec", "torchcodec_encoder", "cmap's table indexed by torch on the CPU, blend in "
         "uint8; VideoDecoder in, Encoder out, a few frames at a time; with its own FFmpeg",
         "torchcodec", "torch torchcodec cmap", share=2),
    Tool("supervision", "supervision_depth", "DepthAnnotator; get_video_frames_generator in, bgr24 "
         "pipe out; by default its VideoSink: MPEG-4", "supervision",
         "supervision opencv-python-headless", share=2),
    Tool("mbo_utilities", "mbo_video", "to_video, whose settings of x264 cannot be chosen: preset "
         "slow at crf 14", "mbo_utilities", "mbo_utilities", share=4, kinds=(HEAT,),
         at_presets=False),
)  # fmt: skip


def missing(tool: Tool) -> str | None:
    """What the machine lacks for a tool, and how to install it; None where it works."""
    if tool.package is not None and importlib.util.find_spec(tool.package) is None:
        return f"{tool.package} is not installed: pip install '{tool.pip}'"
    if tool.is_heatvid:
        from heatvid._options.output import BACKENDS
        from heatvid.backends import why_not

        backend = str(tool.options["backend"])
        if backend == "auto":
            return None
        return why_not(backend) if backend in BACKENDS else f"no backend {backend} here"
    return None
