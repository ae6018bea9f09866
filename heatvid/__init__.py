"""heatvid turns dumps of per-frame predictions into videos that tell the truth.

>>> import heatvid
>>> heatvid.render("preds.npy", "out.mp4", background="clip.mp4", cmap="turbo")  # doctest: +SKIP
"""

from __future__ import annotations

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


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: its machinery costs more than all other imports."""
    if name == "__version__":
        from importlib.metadata import version

        return version("heatvid")
    raise AttributeError(f"module 'heatvid' has no attribute {name!r}")
