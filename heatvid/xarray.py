"""``import heatvid.xarray`` gives xarray's DataArrays and Datasets an accessor, ``.heatvid``.

>>> import xarray, heatvid.xarray  # doctest: +SKIP
>>> xarray.open_zarr("forecast.zarr").t2m.heatvid.render("t2m.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

import xarray

from heatvid._jobs.measure import measure
from heatvid._jobs.render import render
from heatvid._jobs.result import RenderResult
from heatvid._values.limits import FieldLimits

__all__ = ["HeatvidAccessor"]


_registry: Any = xarray  # which leaves these untyped


@_registry.register_dataset_accessor("heatvid")
@_registry.register_dataarray_accessor("heatvid")
class HeatvidAccessor:
    """What heatvid does with an array of xarray, or with one of a dataset, named by ``key``."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def render(self, output: Any, **options: Any) -> RenderResult:
        """Render it as a video; see :func:`heatvid.render`."""
        return render(self._data, output, **options)

    def measure(self, **options: Any) -> FieldLimits:
        """Find the limits that it would be rendered with; see :func:`heatvid.measure`."""
        return measure(self._data, **options)
