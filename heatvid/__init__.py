"""heatvid turns dumps of per-frame predictions into videos that tell the truth.

>>> import heatvid
>>> heatvid.render("preds.npy", "out.mp4", background="clip.mp4", cmap="turbo")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing has it, whose import would delay the handling of signals
if TYPE_CHECKING:
    from typing import Any

    from heatvid._batch.batch import batch
    from heatvid._batch.job import JobResult
    from heatvid._errors import (
        EncoderError,
        HeatvidError,
        MissingDependencyError,
        OptionError,
        RenderError,
        SourceError,
        UsageError,
    )
    from heatvid._jobs.compare import compare
    from heatvid._jobs.measure import measure
    from heatvid._jobs.panels import Grid, Panel, difference, grid
    from heatvid._jobs.render import render
    from heatvid._jobs.result import RenderResult
    from heatvid._jobs.show import show
    from heatvid._jobs.to_rgb import to_rgb
    from heatvid._jobs.tracking import log_video
    from heatvid._jobs.writer import VideoWriter
    from heatvid._statistics.summary import Summary, summarize
    from heatvid._values.limits import Limits
    from heatvid.sources import open_source

__all__ = [
    "EncoderError",
    "Grid",
    "HeatvidError",
    "JobResult",
    "Limits",
    "MissingDependencyError",
    "OptionError",
    "Panel",
    "RenderError",
    "RenderResult",
    "SourceError",
    "Summary",
    "UsageError",
    "VideoWriter",
    "batch",
    "compare",
    "difference",
    "grid",
    "log_video",
    "measure",
    "open_source",
    "render",
    "show",
    "summarize",
    "to_rgb",
]


# Where each name lies. They are imported when they are first used: `heatvid --help` then needs no
# NumPy, and an interrupt while modules load finds the command line ready for it.
_HOMES = {
    "EncoderError": "_errors",
    "Grid": "_jobs.panels",
    "HeatvidError": "_errors",
    "JobResult": "_batch.job",
    "Limits": "_values.limits",
    "MissingDependencyError": "_errors",
    "OptionError": "_errors",
    "Panel": "_jobs.panels",
    "RenderError": "_errors",
    "RenderResult": "_jobs.result",
    "SourceError": "_errors",
    "Summary": "_statistics.summary",
    "UsageError": "_errors",
    "VideoWriter": "_jobs.writer",
    "batch": "_batch.batch",
    "compare": "_jobs.compare",
    "difference": "_jobs.panels",
    "grid": "_jobs.panels",
    "log_video": "_jobs.tracking",
    "measure": "_jobs.measure",
    "open_source": "sources",
    "render": "_jobs.render",
    "show": "_jobs.show",
    "summarize": "_statistics.summary",
    "to_rgb": "_jobs.to_rgb",
}


def __getattr__(name: str) -> Any:
    """Import a public name, or look the version up, when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("heatvid")
    if name not in _HOMES:
        raise AttributeError(f"module 'heatvid' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"heatvid.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
