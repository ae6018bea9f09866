"""What options mean in a page, and those of the values that it carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heatvid._encode.page.planes import Planes
from heatvid._errors import OptionError, brief
from heatvid._jobs.meant import demand_meant, names_in_page
from heatvid._options.options import Options, option_fields
from heatvid._plan.make import norm_of
from heatvid._values.channels import NOT_REDUCED

_ONE_VALUE = "one value a pixel in a page ('norm' is the length of flow)"


def demand_shown(options: Options, *, panels: bool = False) -> None:
    """Refuse what a page cannot show, of one field or of panels."""
    demand_meant(options, names_in_page(panels=panels), "in videos, not in a page")
    o = options
    for name, is_refused, allowed in (
        ("channel", o.channel in NOT_REDUCED, _ONE_VALUE),
        ("scope", o.scope != "sequence", "'sequence' in a page, where limits are moved by hand"),
        ("norm", not isinstance(o.norm, str), "a name in a page, not matplotlib's object"),
        ("resample", o.resample == "bicubic", "'nearest' or 'bilinear' in a page"),
        ("bits", o.bits == 10 or (o.bits == 16 and not o.exact), "8 in a page, or 16 with exact"),
    ):
        if is_refused:
            raise OptionError(f"{name}: got {brief(getattr(o, name))}; allowed is {allowed}")


def is_exact(options: Options) -> bool:
    """Whether values are stored without loss: as asked for, or as they number colours."""
    return options.exact or norm_of(options).kind in ("labels", "identity")


def of_values(options: Options) -> Options:
    """The options of the values, as their stand-in colours show them."""
    planes = Planes(1, 1, options.bits, True, True)
    own = option_fields(("blending", "bits", "label_colors", "exact", "cmaps"))
    alone: dict[str, Any] = {option.name: option.default for option in own}
    labels = norm_of(options).kind == "labels"
    ends = {"bad": planes.bad} if labels else planes.ends
    return replace(options, **{**alone, "cmap": planes.table(), **ends})
