"""Plans of every kind that the CUDA kernels are specialised for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from heatvid._plan.tile import TilePlan
from heatvid.backends._cuda.constants import constants
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import BLENDS, ENDS, LABELS, Ask, plan_for
from tests.support.fields import limits_of
from tests.support.oracle import Picture

SIZE = (36, 52)
PLAIN = Ask(INFERNAL)
YUV, RGB, GRAY = (Picture(name, *SIZE) for name in ("yuv420p", "rgb24", "gray"))
OVERLAY = Look(random_cmap(256), alpha=0.5, background="frames")
GRADED = Look(random_cmap(256, 4), background="frames", **ENDS)  # type: ignore[arg-type]  # a dict of colours
SEEN = Look(random_cmap(256, 4), **ENDS)  # type: ignore[arg-type]  # a dict of colours
SEEN_YUV = Picture("yuva420p", *SIZE)
LONG = Look(random_cmap(65_536))
ENUMS = {
    "DTYPE": "Dtype", "KIND": "Kind", "REDUCE": "Reduce", "WAY": "Way", "WIDE": "Precision",
    "ROWS": "Sampling", "COLUMNS": "Sampling", "FORMAT": "Format", "THROUGH": "Through",
    "BLEND": "Blend",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A plan, and whether fields come as the bits of bfloat16."""

    ask: Ask = PLAIN
    picture: Picture = YUV
    size: tuple[int, int] = SIZE
    dtype: str = "float32"
    channels: int = 0
    limits: Any = "usual"
    bfloat16: bool = False

    def plan(self) -> TilePlan:
        pair: Any = limits_of(self.dtype) if self.limits == "usual" else self.limits
        if self.ask.way.get("channel") == "rgb" and pair is not None:
            pair = [pair] * 3
        shape = (*self.size, self.channels) if self.channels else self.size
        mask = (self.picture.height, self.picture.width) if self.ask.masked else None
        return plan_for(self.ask, self.picture, shape, self.dtype, pair, mask, batch_size=2)

    def constants(self) -> dict[str, str]:
        return constants(self.plan(), bfloat16=self.bfloat16)


def asks(look: Look, **way: Any) -> Ask:
    return Ask(look, way=way)


HEAT, SMALL = Case(), (9, 13)
CASES = {
    **{f"heat {name}": replace(HEAT, dtype=name) for name in (
        "bool", "uint8", "int8", "int16", "uint32", "uint64", "float16", "float32",
    )},
    "heat bfloat16": replace(HEAT, bfloat16=True),
    **{f"overlay {name}": Case(Ask(OVERLAY), picture=Picture(name, *SIZE)) for name in (
        "yuv420p", "nv12", "yuv444p", "rgb24",
    )},
    **{f"heat {name}": replace(HEAT, picture=Picture(name, *SIZE)) for name in (
        "rgb24", "gray", "gray16le", "yuv420p10le", "yuv422p10le", "yuv444p10le",
    )},
    **{f"alpha {name}": Case(Ask(SEEN, masked=True), picture=Picture(name, *SIZE)) for name in (
        "yuva420p", "yuva444p10le", "rgba",
    )},
    "alpha of colours": Case(asks(SEEN, channel="rgb"), picture=SEEN_YUV, channels=3),
    "places": Case(Ask(Look(random_cmap(200))), picture=Picture("pal8", *SIZE)),
    **{name: Case(asks(GRADED, blend=name)) for name in BLENDS},
    "masked": Case(Ask(GRADED, masked=True)),
    "moving limits": replace(HEAT, limits=None),
    "padded": replace(HEAT, picture=Picture("yuv420p", 35, 51), size=(35, 51)),
    "beside": Case(asks(INFERNAL, fit="letterbox"), size=(36, 36)),
    "nearest": Case(Ask(replace(INFERNAL, resample="nearest")), size=SMALL),
    "bilinear": Case(size=SMALL),
    "bilinear doubles": Case(size=SMALL, dtype="float64"),
    "bicubic": Case(Ask(replace(OVERLAY, resample="bicubic")), size=SMALL),
    "long rows": Case(Ask(LONG), dtype="uint16"),
    "log": Case(asks(INFERNAL, norm="log"), limits=(0.5, 200.0)),
    "labels": Case(asks(LABELS, norm="labels"), dtype="int32"),
    "labels of areas": Case(asks(LABELS, norm="labels"), size=(90, 130), dtype="int32"),
    "averages of areas": Case(size=(90, 130)),
    "outlined": Case(asks(LABELS, norm="labels", outlines=3), dtype="int64"),
    "smoothed": Case(asks(INFERNAL, smooth=2.0), dtype="float64"),
    "colours": Case(asks(OVERLAY, channel="rgb"), dtype="uint8", channels=3),
    "flow": Case(asks(OVERLAY, channel="flow"), picture=RGB, channels=2),
    **{name: Case(asks(LABELS if name == "argmax" else INFERNAL, channel=name), channels=5)
       for name in ("argmax", "max", "mean", "norm")},
}  # fmt: skip


# Specialisations of the other files, as (file, constants).
SMALL_KERNELS: list[tuple[str, dict[str, int | str]]] = [
    *(
        ("statistics.cu", {"STORED_BYTES": size, "WIDENED": widened, "KIND": kind})
        for size, widened, kind in (
            *((size, 0, kind) for size in (1, 2, 4, 8) for kind in ("UNSIGNED", "SIGNED")),
            *((size, 0, "FLOAT") for size in (2, 4, 8)), (2, 16, "FLOAT"),
        )
    ),
    *(
        ("pictures.cu", {"PIXEL": pixel, "LAYOUT": layouts[i % 4]})
        for layouts in (
            ("RGB", "PLANAR_420", "INTERLEAVED_420", "PLANAR_444"),
            ("INTERLEAVED_420", "PLANAR_444", "RGB", "PLANAR_420"),
        )
        for i, pixel in enumerate(("BYTES", "BOOLS", "HALFS", "BFLOATS", "FLOATS", "DOUBLES"))
    ),
]  # fmt: skip


def text_of(file: str) -> str:
    """The source of kernels."""
    return resources.files("heatvid.backends._cuda").joinpath(file).read_text("utf-8")


def possible(code: str) -> dict[str, set[str]]:
    """Every value of each constant, as the source has them."""
    enums = {
        name: {value.strip() for value in body.split(",")}
        for name, body in re.findall(r"^enum (\w+) \{([^}]*)\}", code, re.MULTILINE)
    }
    names = set(re.findall(r"\bHEAT_([A-Z_]+)\b", code))
    switches = names - set(ENUMS) - {"REAL", "BLOCKS"}
    return {
        "REAL": {"float", "double"},
        "BLOCKS": set("12345"),
        **{name: enums[kind] for name, kind in ENUMS.items()},
        **{name: {"0", "1"} for name in switches},
    }


def reached(cases: Iterable[Case]) -> dict[str, set[str]]:
    """The values of each constant that plans have."""
    found = defaultdict(set)
    for case in cases:
        for name, value in case.constants().items():
            found[name.removeprefix("HEAT_")].add(value)
    return dict(found)
