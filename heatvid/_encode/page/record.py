"""What a page says of itself: the record that comes first in its data."""

from __future__ import annotations

import json
from typing import BinaryIO

_BEGINS, _BEFORE = b"<!doctype html>", b'id="data">{"record":'
_MOST_BYTES = 1 << 18  # of a page up to its record, and of that: four times what they are


def page_comment(file: BinaryIO) -> str | None:
    """Read how a page was made, as a line of JSON; None of a file that is no page of heatvid's."""
    head = file.read(_MOST_BYTES)
    if not head.startswith(_BEGINS) or (at := head.find(_BEFORE)) < 0:
        return None
    text = head[at + len(_BEFORE) :].decode("ascii", "replace")
    try:
        record, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(record)
