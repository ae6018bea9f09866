"""OpenEXR files, written by its own library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def save_exr(
    path: Path, pixels: Any, key: str = "Z", windows: Any = None, compression: str = "ZIP",
    **others: Any,
) -> None:  # fmt: skip
    """Save channels; ``windows`` are those of the data and of what is shown, by their corners."""
    import OpenEXR

    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
              "type": OpenEXR.scanlineimage}  # fmt: skip
    for name, corners in zip(("dataWindow", "displayWindow"), windows or (), strict=False):
        header[name] = tuple(np.array(corner, np.int32) for corner in corners)
    channels = {key: pixels, **others}
    OpenEXR.File(header, {name: np.ascontiguousarray(of) for name, of in channels.items()}).write(
        str(path)
    )


def save_parts(path: Path, **parts: dict[str, Any]) -> None:
    """Save a part for each name."""
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File([OpenEXR.Part(dict(header), channels, name)
                  for name, channels in parts.items()]).write(str(path))  # fmt: skip
