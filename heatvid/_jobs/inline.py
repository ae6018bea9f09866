"""A page in a notebook: in a frame of its own, of bounded height."""

from __future__ import annotations

import html
import os
from pathlib import Path
from urllib.parse import quote

from heatvid._encode.page.carried import as_read

FRAME_BYTES = 16 << 20  # a larger page is linked, not copied into the notebook
_STYLE = "width: 100%; height: min(760px, 92vh); border: 0"


def in_frame(page: Path, title: str) -> str:
    """HTML that shows the page of a file, copied into it unless it is large."""
    if page.stat().st_size > FRAME_BYTES:
        return _frame(f'src="{quote(os.fsencode(page))}"', title)
    return copied_in_frame(page.read_bytes(), title)


def copied_in_frame(page: bytes, title: str) -> str:
    """HTML that holds a page and shows it."""
    return _frame(f'srcdoc="{html.escape(as_read(page))}"', title)


def _frame(what: str, title: str) -> str:
    told = html.escape(title)
    return f'<iframe {what} title="{told}" style="{_STYLE}" allow="fullscreen"></iframe>'
