"""Options of what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatvid._options import checks
from heatvid._options.checks import MODES
from heatvid._options.option import option

RAW = (
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32",
    "float64", "bool",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class InputOptions:
    """What is read, and how."""

    key: str | None = option(
        None, "input", checks.text, "array in a file that holds several", metavar="NAME"
    )
    layout: str | None = option(
        None, "input", checks.text, "order of the axes, such as THW, THWC, TCHW or HW",
        metavar="AXES",
    )  # fmt: skip
    channel: int | str | None = option(
        None, "input", checks.channel,
        "which channel to show, or what to make of all: " + ", ".join(MODES), metavar="N|MODE",
    )  # fmt: skip
    frames: Any = option(
        None, "input", checks.some_frames, "which frames to take, as a Python slice",
        metavar="START:STOP:STEP",
    )  # fmt: skip
    select: Any = option(
        None, "input", checks.select,
        "where on dimensions beyond time, rows and columns, such as level=500",
        metavar="DIM=PLACE", nargs=-1,
    )  # fmt: skip
    nodata: float | None = option(
        None, "input", checks.number(), "the value that stands for none", metavar="X"
    )
    scale: float | None = option(
        None, "input", checks.number(), "values are multiplied by this", metavar="A"
    )
    offset: float | None = option(
        None, "input", checks.number(), "is added to values, when they are scaled", metavar="B"
    )
    flip: str | None = option(
        None, "input", checks.choice("vertical", "horizontal"),
        "turns frames upside down, or left to right",
    )  # fmt: skip
    raw: str | None = option(
        None, "input", checks.choice(*RAW),
        "the source is bare values of this kind: a file, or - for standard input",
    )  # fmt: skip
    shape: Any = option(
        None, "input", checks.shape, "of raw values, the first axis first", metavar="TxHxW"
    )
    skip_bytes: int | None = option(
        None, "input", checks.integer(0), "bytes before raw values", metavar="N"
    )
    byte_order: str | None = option(
        None, "input", checks.choice("little", "big"), "of raw values (default little)"
    )
