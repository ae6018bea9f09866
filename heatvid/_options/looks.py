"""Options of how values look: their scale, their colours, and what lies under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatvid._options import checks, place
from heatvid._options.checks import NORMS
from heatvid._options.option import option


@dataclass(frozen=True, kw_only=True)
class LooksOptions:
    """How values look, and over what."""

    norm: Any = option(
        "linear", "values", checks.norm,
        "how values become places on the colour scale: " + ", ".join(NORMS), metavar="NORM",
    )  # fmt: skip
    vmin: float | None = option(
        None, "values", checks.number(), "value of the first colour", metavar="X"
    )
    vmax: float | None = option(
        None, "values", checks.number(), "value of the last colour", metavar="X"
    )
    limits: Any = option(
        None, "values", checks.limits,
        "values of the first and the last colour, as measured before; three pairs for RGB",
        metavar="LO HI", nargs=-1,
    )  # fmt: skip
    percentiles: tuple[float, float] | None = option(
        None, "values", checks.percentiles,
        "limits at these percentiles of the data, 0..100, as 1 99",
        metavar="LO HI", nargs=2,
    )  # fmt: skip
    scope: str = option(
        "sequence", "values", checks.choice("sequence", "frame", "running"),
        "limits found over all frames, over each, or following smoothly",
    )  # fmt: skip

    gamma: float = option(
        1.0, "values", checks.number(1e-6, 1e6), "exponent of the power norm", metavar="X"
    )
    center: float = option(
        0.0, "values", checks.number(), "value in the middle of the centered norm", metavar="X"
    )
    linthresh: float | None = option(
        None, "values", checks.number(1e-300),
        "where the symlog norm turns linear; by default 1/100 of the farther limit", metavar="X",
    )  # fmt: skip
    smooth: float = option(
        0.0, "values", checks.number(0, 1000),
        "Gaussian smoothing of the field, sigma in its own pixels",
        metavar="SIGMA",
    )  # fmt: skip

    cmap: Any = option(
        None, "colour",
        checks.later("a name, a Colormap object, a list of colours, or an array (N, 3) or (N, 4)"),
        "colormap of `heatvid cmaps`; own: an image's palette (default inferno; tab10 for labels)",
        metavar="NAME",
    )  # fmt: skip
    under: Any = option(
        None, "colour", checks.color, "colour of values under vmin", metavar="COLOUR"
    )
    over: Any = option(None, "colour", checks.color, "colour of values over vmax", metavar="COLOUR")
    bad: Any = option(
        None, "colour", checks.color, "colour of NaN, 'transparent' among them (default black)",
        metavar="COLOUR",
    )  # fmt: skip
    label_colors: Any = option(
        None, "colour", checks.label_colors, "colours of single labels, 'transparent' among them",
        metavar="LABEL=COLOUR", nargs=-1,
    )  # fmt: skip
    outlines: int = option(
        0, "colour", checks.integer(0, 64), "width of the lines between labels, in pixels",
        metavar="N",
    )  # fmt: skip
    outline_color: Any = option(
        "white", "colour", checks.color, "colour of the lines between labels", metavar="COLOUR"
    )

    background: Any = option(
        None, "blending", checks.later(),
        "what lies under the field: a colour, image, folder or glob of images, video or array",
        metavar="WHAT",
    )  # fmt: skip
    background_frames: Any = option(
        None, "blending", checks.some_frames,
        "which of the background's pictures to take, as a Python slice",
        metavar="START:STOP:STEP",
    )  # fmt: skip
    alpha: float | None = option(
        None, "blending", checks.number(0, 1),
        "opacity of the field, 0..1; by default 0.5 over a background, else 1", metavar="X",
    )  # fmt: skip
    alpha_ramp: tuple[float, float] | None = option(
        None, "blending", checks.ascending,
        "values, or lengths of flow, at which the field is transparent, and full",
        metavar="LO HI", nargs=2,
    )  # fmt: skip
    alpha_mask: Any = option(
        None, "blending", checks.later("what predictions are read from"),
        "opacity of each pixel, 0..1 (uint8: 0..255), one for all frames or one a frame; of "
        "several channels the alpha",
        metavar="WHAT",
    )  # fmt: skip
    blend: str = option(
        "over", "blending", checks.choice("over", "multiply", "screen", "lighten", "darken", "add"),
        "how the field's colours meet the background's",
    )  # fmt: skip
    fit: str = option(
        "stretch", "blending", checks.choice("stretch", "letterbox", "crop"),
        "how a field of another aspect lies on its background",
    )  # fmt: skip
    place: str | None = option(
        None, "blending", place.check,
        "where in the picture the field lies, and nowhere else: a rectangle from the top left "
        "corner, in pixels or percent",
        metavar="X,Y,W,H",
    )  # fmt: skip
    resample: str | None = option(
        None, "blending", checks.choice("nearest", "bilinear", "bicubic"),
        "how a field is brought to its background's size (default bilinear; nearest for labels)",
    )  # fmt: skip
