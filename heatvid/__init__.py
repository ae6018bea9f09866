"""heatvid turns dumps of per-frame predictions into videos that tell the truth.

>>> import heatvid
>>> heatvid.render("preds.npy", "out.mp4", background="clip.mp4", cmap="turbo")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib.metadata import version

from heatvid._errors import (
    EncoderError,
    HeatvidError,
    MissingDependencyError,
    OptionError,
    RenderError,
    SourceError,
    UsageError,
)
from heatvid._picture import to_rgb
from heatvid._render import render
from heatvid._result import RenderResult
from heatvid._statistics import Summary, summarize
from heatvid._writer import VideoWriter
from heatvid.sources import open_source

__all__ = [
    "EncoderError",
    "HeatvidError",
    "MissingDependencyError",
    "OptionError",
    "RenderError",
    "RenderResult",
    "SourceError",
    "Summary",
    "UsageError",
    "VideoWriter",
    "open_source",
    "render",
    "summarize",
    "to_rgb",
]

__version__ = version("heatvid")
