"""Pictures that lie in a dump beside its predictions: what lies under them unless one says else."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from heatvid._errors import OptionError, brief, printable
from heatvid._options.options import Options
from heatvid._options.rules import check_together
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
    except OptionError:  # values are kept, which nothing lies under
        return options, ""
    note = f"{printable(path)}: shows {brief(found[1])} over its images (--key, --background)"
    return over, note
