"""Which options of a composition need which others, and what they mean nothing with."""

from __future__ import annotations

from dataclasses import fields

from heatvid._options.composed import ComposedOptions
from heatvid._options.rule import Rule, of_labels, of_one_value, of_values

_ALL = " ".join(option.name for option in fields(ComposedOptions))


COMPOSED_RULES = (
    Rule(
        _ALL,
        lambda o: not of_values(o),
        "with colours, not with encode_depth or pix_fmt='gray', 'gray12le' or 'gray16le', which "
        "hold values",
    ),
    Rule(
        "panels",
        lambda o: o.channel != "grid",
        "without channel='grid', which has a panel for each channel",
    ),
    Rule(
        "channel",
        lambda o: o.channel != "grid" or not of_values(o),
        "is one with pix_fmt='gray', 'gray12le' or 'gray16le', which hold the values of one field",
    ),
    Rule("zoom", lambda o: o.size is None, "without size, into which all is brought"),
    Rule(
        "colorbar",
        of_one_value,
        "with one value a pixel, not with channel='rgb' or 'flow', which have their own colours",
    ),
    Rule("label", lambda o: o.colorbar is not None, "with colorbar=, whose label it is"),
    Rule("text_place", lambda o: o.text is not None, "with text=, whose place it is"),
    Rule(
        "pixel_size unit",
        lambda o: o.scale_bar is not None,
        "with scale_bar=, which shows it (label= names what a colourbar shows, with its unit)",
    ),
)

# Of what is drawn, but not of a page, which tells names to whoever points at a label.
DRAWN_RULES = (
    Rule(
        "label_names",
        lambda o: o.legend is not None or o.colorbar is not None,
        "with legend= or colorbar=, which show them",
    ),
)
# Of what shows no field of labels.
UNLABELLED_RULES = (
    Rule(
        "label_names",
        of_labels,
        "with norm='labels' or channel='argmax', whose values have names",
    ),
)

# Of what is composed, whatever asks for that.
PANELS_RULES = (
    Rule(
        "pix_fmt encode_depth",
        lambda o: not of_values(o),
        "with one field, not with panels, which are colours (as with pix_fmt='rgb24')",
    ),
)
ONE_PANEL_RULES = (
    *PANELS_RULES,
    Rule(
        "columns gap own_limits",
        lambda o: False,
        "where several panels are shown (panels=, channel='grid', several sources)",
    ),
)
