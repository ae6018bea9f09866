"""What a dump brings along: pictures to lie under its predictions, colours of its labels."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from heatvid._errors import OptionError, called
from heatvid._frames import AnyArray
from heatvid._options.options import Options, option_fields
from heatvid._options.rule import OWN_COLOURS
from heatvid._options.rules import check_background, check_together
from heatvid.sources import Source, open_source
from heatvid.sources._about import About
from heatvid.sources._named import pictures_beside


def over_own_pictures(options: Options, source: Any) -> tuple[Options, str]:
    """Take the pictures of a dump as the background, where none is given and they are its own.

    Returns
    -------
    options : Options
    note : str
        What was taken; empty where nothing was.
    """
    if options.background is not None or options.key is not None or options.raw is not None:
        return options, ""
    if not isinstance(source, str | bytes | os.PathLike):
        return options, ""
    path = os.fsdecode(source)
    found = pictures_beside(path)
    if found is None:
        return options, ""
    over = replace(options, background=found[0])
    try:
        check_together(over)
        check_background(over, "frames")
    except OptionError:  # what is asked for has nothing under it: values, 10 bits
        return options, ""
    note = f"{called(path)}: shows {found[1]} (--key, --background)"
    return over, note


def noting_labels(options: Options, about: About) -> About:
    """Note that what may be labels is shown as values, unless norm or colours are chosen."""
    if options.norm != "linear" or options.cmap is not None:
        return about
    if about.palette is not None:
        return about.noting(
            "numbers of a palette's colours are shown as values; --cmap own has its colours"
        )
    if about.label_names:
        return about.noting(
            "labels with names are shown as values; --norm labels has a colour for each"
        )
    return about


def in_own_colours(options: Options, source: Any) -> Options:
    """Take the palette of a dump of labels as the colormap, where that is asked for.

    Raises
    ------
    OptionError
        It is, and the source has none, as an array.
    """
    if not isinstance(options.cmap, str) or options.cmap != OWN_COLOURS:
        return options
    palette = _palette_of(options, source)
    if palette is None:
        raise OptionError(
            f"cmap: got {OWN_COLOURS!r}; allowed with images of a palette only, and their folders"
        )
    norm = "labels" if options.norm == "linear" else options.norm
    of_labels = replace(options, cmap=palette / np.float32(255), norm=norm)
    check_together(of_labels)
    return of_labels


def _palette_of(options: Options, source: Any) -> AnyArray | None:
    """The palette of what is open, or lies in files."""
    if isinstance(source, Source):
        return source.about.palette
    if not isinstance(source, str | bytes | os.PathLike | list | tuple):
        return None
    asked = {option.name: getattr(options, option.name) for option in option_fields(("input",))}
    with open_source(source, **asked) as opened:
        return opened.about.palette
