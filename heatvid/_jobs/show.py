"""``show``: a field in a notebook, as a page with its controls."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from heatvid._jobs.inline import copied_in_frame
from heatvid._jobs.made import options_from
from heatvid._jobs.meant import names_in_page
from heatvid._jobs.render import render_with
from heatvid._jobs.result import RenderResult
from heatvid._options.accepted import ShowOptions
from heatvid._options.documenting import documented
from heatvid._options.options import Options, option_fields
from heatvid._values.channels import KEPT

# What a page takes, and a video that is shown instead, but for what says which file it is.
_NAMES = [
    option.name
    for option in option_fields((*names_in_page(panels=True), "colour", "blending"))
    if option.name not in ("format", "overwrite")
]


@dataclass(frozen=True)
class Inline:
    """What a notebook shows as it is.

    Attributes
    ----------
    result : RenderResult
        What was rendered: frames, size, limits and times.
    data : bytes
        The page, or the video where a page cannot show it.
    """

    result: RenderResult
    data: bytes = field(repr=False)

    def __str__(self) -> str:
        return str(self.result).removeprefix(f"{self.result.path}: ")  # no file of the user's

    def _repr_html_(self) -> str:
        """HTML that shows it."""
        if self.result.path.suffix == ".html":
            return copied_in_frame(self.data, str(self))
        address = f"data:video/mp4;base64,{base64.b64encode(self.data).decode('ascii')}"
        title = html.escape(str(self))
        shown = f'src="{address}" style="max-width: 100%" title="{title}"'
        return f"<video {shown} controls loop muted></video>"


@documented(*_NAMES)
def show(source: Any, **options: Unpack[ShowOptions]) -> Inline:
    """Show a sequence of predictions in a notebook, as a page with its controls.

    Parameters
    ----------
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens: frames of shape (H, W), any real dtype.
    {options}

    Returns
    -------
    Inline
        What the notebook shows where it is the last line of a cell; ``channel="rgb"`` and
        ``"flow"``, which a page cannot show, as a video.

    Raises
    ------
    UsageError
        The source or an option cannot be used.
    RenderError
        Rendering failed.

    Examples
    --------
    >>> import numpy as np
    >>> shown = show(np.random.rand(8, 32, 32), cmap="magma")
    >>> shown.result.frames
    8
    """
    file = io.BytesIO()
    result = render_with(source, file, _checked(options))
    return Inline(result, file.getvalue())


def _checked(given: Mapping[str, Any]) -> Options:
    """The options of a page, or of a video where a page cannot show what they ask for."""
    options = options_from(given, allowed=_NAMES, output="shown.html")
    if options.channel not in KEPT:
        return replace(options, format="html")
    return replace(options_from(given, allowed=_NAMES, output="shown.mp4"), format="mp4")
