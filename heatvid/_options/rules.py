"""Options that mean something only beside others: one row each, checked in one place.

An option that would change nothing is refused, as whoever gave it expected a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

from heatvid._errors import OptionError, brief
from heatvid._options.composed_rules import (
    COMPOSED_RULES,
    DRAWN_RULES,
    ONE_PANEL_RULES,
    PANELS_RULES,
    UNLABELLED_RULES,
)
from heatvid._options.rule import (
    Rule,
    has_plain_norm,
    is_measured,
    of_labels,
    of_one_value,
    of_values,
)

if TYPE_CHECKING:
    from heatvid._options.options import Options

# What codes of depth leave no choice of.
_NOT_OF_DEPTH = (
    "norm percentiles limits scope gamma center linthresh smooth pix_fmt bits transparent range "
    "lossless codec quality crf hardware"
)

# What kind of field it is comes first, as the first rule broken is the one reported.
RULES = (
    Rule("shape skip_bytes byte_order", lambda o: o.raw is not None, "with raw=, their kind"),
    Rule("raw", lambda o: o.shape is not None, "with shape=, as (frames, rows, columns)"),
    Rule("key select", lambda o: o.raw is None, "without raw=, whose values have no names"),
    Rule(
        "norm",
        lambda o: o.channel != "argmax" or o.norm == "labels",
        "is 'labels' with channel='argmax', whose values are labels",
    ),
    Rule(
        "norm",
        lambda o: o.channel != "flow",
        "is none with channel='flow', whose colours grow paler towards 0 in proportion",
    ),
    Rule(
        "norm",
        lambda o: o.channel != "rgb" or o.norm != "labels",
        "is 'labels' with one value a pixel, not with channel='rgb'",
    ),
    Rule("gamma", lambda o: bool(o.norm == "power"), "with norm='power' only"),
    Rule("center", lambda o: bool(o.norm == "centered"), "with norm='centered' only"),
    Rule("linthresh", lambda o: bool(o.norm == "symlog"), "with norm='symlog' only"),
    Rule("outlines label_colors", of_labels, "with norm='labels' or channel='argmax' only"),
    Rule(
        "under over",
        lambda o: not of_labels(o),
        "with values on a scale, not with labels (label_colors={-1: 'red'} colours one)",
    ),
    Rule("outline_color", lambda o: o.outlines > 0, "with outlines=N only, their width"),
    Rule(
        "cmap under over",
        of_one_value,
        "with one value a pixel, not with channel='rgb' or 'flow', which have their own colours",
    ),
    Rule(
        "alpha_ramp",
        lambda o: o.channel != "rgb",
        "with one value a pixel, or the length of channel='flow', not with channel='rgb'",
    ),
    Rule(
        "alpha_ramp",
        lambda o: o.channel != "flow" or o.alpha_mask is None,
        "without alpha_mask with channel='flow', where the ramp becomes a mask",
    ),
    Rule(
        "alpha_ramp",
        lambda o: not of_labels(o),
        "with values on a scale, not with labels (label_colors={0: 'transparent'} hides one)",
    ),
    Rule(
        "smooth", lambda o: not of_labels(o), "with numbers, not labels: nothing lies between two"
    ),
    Rule(
        "resample",
        lambda o: o.resample == "nearest" or not of_labels(o),
        "is 'nearest' with labels: nothing lies between two",
    ),
    Rule(
        "vmin vmax percentiles scope",
        lambda o: o.limits is None,
        "without limits, which says it all",
    ),
    Rule(
        "vmin vmax limits",
        lambda o: not of_labels(o) and o.norm != "identity",
        "with values on a scale, not with labels or norm='identity', which number the colours",
    ),
    Rule(
        "vmin vmax",
        has_plain_norm,
        "in the Normalize object itself: norm=Normalize(vmin, vmax)",
    ),
    Rule(
        "vmin",
        lambda o: o.channel != "flow" or o.vmin == 0,
        "is vmax with channel='flow', the longest motion; the shortest is 0",
    ),
    Rule(
        "limits",
        lambda o: o.channel == "rgb" or not isinstance(o.limits[0], tuple),
        "is one pair but with channel='rgb', which has three",
    ),
    Rule(
        "limits",
        lambda o: o.channel != "flow" or o.limits[0] == 0,
        "is 0 to the longest motion with channel='flow'",
    ),
    Rule(
        "percentiles scope",
        is_measured,
        "where limits are found in the data, not with labels, norm='identity', 'sigmoid' or a "
        "Normalize object that has its own",
    ),
    Rule(
        "percentiles scope",
        lambda o: o.vmin is None or o.vmax is None,
        "is to have limits found in the data, or to give both vmin and vmax",
    ),
    Rule(
        "cmap under over bad background alpha alpha_ramp alpha_mask blend label_colors outlines",
        lambda o: not of_values(o),
        "with colours, not with encode_depth or pix_fmt='gray', 'gray12le' or 'gray16le', which "
        "hold values",
    ),
    Rule(
        "channel",
        lambda o: o.channel not in ("rgb", "flow") or not of_values(o),
        "is one value a pixel with pix_fmt='gray', 'gray12le' or 'gray16le'",
    ),
    Rule(
        "background_frames",
        lambda o: o.background is not None,
        "with background=, whose pictures they are",
    ),
    Rule(
        "transparent",
        lambda o: o.background is None,
        "without background=, which would fill what is see-through",
    ),
    Rule(
        "pix_fmt bits",
        lambda o: not o.transparent,
        "without transparent, which is stored as the output's suffix says",
    ),
    Rule(
        "bits",
        lambda o: o.channel not in ("rgb", "flow") and o.alpha_mask is None and o.blend == "over",
        "is 10 with the colours of a colormap, not with channel='rgb' or 'flow', alpha_mask or "
        "blend, whose colours have 8",
    ),
    Rule(
        "pix_fmt",
        lambda o: o.bits == 8 or o.pix_fmt in ("yuv420p", "yuv422p", "yuv444p"),
        "with bits=10 are 'yuv420p', 'yuv422p' and 'yuv444p'",
    ),
    Rule(
        "pix_fmt",
        lambda o: o.bits == 10 or o.codec == "prores" or o.pix_fmt != "yuv422p",
        "is that with bits=10 or codec='prores' only",
    ),
    Rule(
        "audio", lambda o: o.background is not None, "with background=, a video, whose sound it is"
    ),
    Rule("audio", lambda o: o.speed in (None, 1), "without speed, which sound does not follow"),
    Rule(
        "hold",
        lambda o: o.hold != "linear" or not (of_labels(o) or o.norm == "identity"),
        "are 'previous' and 'nearest' with labels, palettes and norm='identity': nothing lies "
        "between two",
    ),
    Rule(
        "hold",
        lambda o: o.hold != "linear" or o.encode_depth is None,
        "are 'previous' and 'nearest' with encode_depth, whose codes are not even",
    ),
    Rule(
        _NOT_OF_DEPTH,
        lambda o: o.encode_depth is None,
        "without encode_depth, which stores 12-bit codes of metres from vmin to vmax without loss",
    ),
    Rule("crf quality", lambda o: not o.lossless, "without lossless, which keeps every level"),
    Rule("quality", lambda o: o.crf is None, "without crf, which says it on the codec's scale"),
    Rule(
        "hardware",
        lambda o: o.segments is None,
        "without segments, which encoders of one kind can join",
    ),
    Rule(
        "hardware",
        lambda o: not o.lossless,
        "without lossless, which hardware encoders do not keep to",
    ),
    Rule(
        "range",
        lambda o: not o.lossless or o.pix_fmt in ("yuv420p", "yuv422p", "yuv444p", "nv12"),
        "with pix_fmt='yuv420p', 'yuv444p' or 'nv12' (lossless videos are RGB otherwise, which has "
        "one range)",
    ),
    *COMPOSED_RULES,
)

COLOR_RULES = (
    Rule("fit place", lambda o: False, "over pictures, whose size the field is brought to"),
    Rule(
        "resample",
        lambda o: any((o.zoom, o.size, o.panel_size)),
        "over pictures, whose size the field is brought to, or with zoom, size or panel_size",
    ),
)
PICTURES_RULES = (
    Rule("bits transparent", lambda o: False, "for a field alone, not over pictures"),
)
NOTHING_RULES = (Rule("blend", lambda o: False, "over a background"), *COLOR_RULES)

_BACKGROUND_RULES = {"frames": PICTURES_RULES, "color": COLOR_RULES, None: NOTHING_RULES}


def check_together(options: Options) -> None:
    """Refuse options that the others leave without a meaning."""
    _check(options, RULES)


def check_drawn(options: Options) -> None:
    """Refuse options without a meaning in what is drawn, which is all but a page."""
    _check(options, DRAWN_RULES)


def check_unlabelled(options: Options) -> None:
    """Refuse options without a meaning where no field is of labels."""
    _check(options, UNLABELLED_RULES)


def check_background(options: Options, background: str | None) -> None:
    """Refuse options without a meaning over this background, "frames", "color" or None."""
    _check(options, _BACKGROUND_RULES[background])


def check_panels(options: Options, panels: int) -> None:
    """Refuse options without a meaning for so many panels."""
    _check(options, ONE_PANEL_RULES if panels == 1 else PANELS_RULES)


def broken(options: Options, rules: tuple[Rule, ...] = RULES) -> Iterator[tuple[str, Rule]]:
    """Yield options that the others leave without a meaning, each with the rule that says so."""
    by_name = {option.name: option for option in fields(options)}
    for rule in rules:
        for name in rule.names.split():
            if is_given(by_name[name], getattr(options, name)) and not rule.holds(options):
                yield name, rule


def _check(options: Options, rules: tuple[Rule, ...]) -> None:
    for name, rule in broken(options, rules):
        value = getattr(options, name)
        raise OptionError(f"{name}: got {brief(value)}; allowed {rule.allowed}")


def is_given(option: Field[Any], value: Any) -> bool:
    """Whether a value is another than the default."""
    if value is None or type(value) is not type(option.default):
        return value is not None
    return bool(value != option.default)
