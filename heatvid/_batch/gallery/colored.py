"""The middle frame of an output that holds values, a page or EXR, in its colours alone."""

from __future__ import annotations

from typing import Any

from heatvid._batch.job import JobResult, JobSpec
from heatvid._jobs.to_rgb import to_rgb
from heatvid._options.options import option_fields
from heatvid.sources import open_source

_LOOKS = (
    "norm", "gamma", "center", "linthresh", "cmap", "under", "over", "bad", "label_colors",
)  # fmt: skip


def colored(spec: JobSpec, result: JobResult) -> Any:
    """Colour a source's middle frame by a job's options and limits; give it as Pillow has it."""
    from PIL import Image

    asked = {each.name: getattr(spec.options, each.name) for each in option_fields(("input",))}
    with open_source(spec.source, **asked) as opened:
        frame = opened.read(len(opened) // 2, 1)[0]
    looks: dict[str, Any] = {
        each.name: value
        for each in option_fields(_LOOKS)
        if (value := getattr(spec.options, each.name)) != each.default
    }
    if result.limits is not None:
        looks["limits"] = tuple(result.limits)
    return Image.fromarray(to_rgb(frame, **looks))
