"""What a row of broken sources says: how it is made, and what the message has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Broken:
    """One way to be broken.

    Attributes
    ----------
    name : str
        How tests call it: the kind of source, and what is wrong.
    make : callable
        Makes it in a folder, and gives what is opened.
    message : str
        What has to be said, a regular expression.
    begin : str
        What the message has to begin with; by default the path that is opened, or the folder.
    options : dict
        It is opened with.
    late : bool
        Whether it shows only as frames are read.
    """

    name: str
    make: Callable[[Path], Any]
    message: str
    begin: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    late: bool = False


def holding(name: str, content: bytes) -> Callable[[Path], Path]:
    """Make a file of some bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def saved(folder: Path, array: Any, name: str = "x.npy") -> Path:
    np.save(folder / name, array)
    return folder / name
