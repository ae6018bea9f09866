"""Sources of a page for browsers, built into one file that loads nothing and runs its own script.

Nothing of what a dump says becomes markup: all of it is in one element of JSON, in which ``<`` is
escaped, and reaches the screen as text. The policy in the page's head lets only the page's own
script run, which it knows by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import groupby
from typing import Any

from heatvid._encode.page.shortened import shortened, tokens

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s)//\s.*")
_SIGNS = r"{}()\[\]=,;:<>+*/?&|!-"
_QUOTED = re.compile(r'="([\w.-]+)"(?=[ >])')  # what needs no quotes
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def script_of(paths: Sequence[str]) -> str:
    """Modules as one script, which is ASCII; each comes after those that it imports from."""
    parts = [_IMPORT.sub("", source(path)) for path in paths]
    tight = (_tight(_EXPORT.sub("", part), _SIGNS) for part in parts)
    return shortened('"use strict";\n' + "\n".join(tight))


def markup_of(path: str) -> str:
    """Markup with its marks of where the rest goes."""
    return _QUOTED.sub(r"=\1", source(path))


def style_of(paths: Sequence[str]) -> str:
    """Style sheets as one."""
    return "".join(_tight(source(path), "{};:,") for path in paths)


def _tight(text: str, signs: str) -> str:
    """A source without comments, and spaces that mean nothing: a page is sent, not read."""
    lines = (_COMMENT.sub("", line).strip() for line in text.splitlines())
    joined = "\n".join(line for line in lines if line)
    parts = groupby(tokens(joined), lambda each: each[1] or each[0].startswith('"'))
    return "".join(
        _joined("".join(token for token, _ in part), signs, is_text) for is_text, part in parts
    )


def _joined(part: str, signs: str, is_text: bool) -> str:
    """A part without spaces around signs, and ends of lines that end nothing; texts as they are."""
    shader = part.startswith("#version")
    if is_text and not shader:
        return part
    part = re.sub(rf" *([{signs}]) *", r"\1", part)
    part = re.sub(r"^#.*$", r"\v\g<0>\v", part, flags=re.MULTILINE)  # whose ends have a meaning
    part = re.sub(r"(?<=[{},;(\[])\n|\n(?=})", "", part)
    part = re.sub(r"[\v\n]+", "\n", part)
    return part.lstrip("\n") if shader else part.replace(";}", "}")


def json_text(data: Mapping[str, Any]) -> str:
    """JSON in ASCII that no markup can be in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def data_element(kind: str, name: str, text: bytes, size: int = 0, check: int = 0) -> bytes:
    """A script element that is data, with what it has to decode to."""
    told = f' data-size="{size}" data-check="{check}"' if size else ""
    return f'<script type="{kind}" id="{name}"{told}>'.encode("ascii") + text + b"</script>\n"


def filled(markup: str, style: str, script: str, loads: str) -> str:
    """Markup with its style, its script, and the policy that lets it run, and load some things."""
    digest = base64.b64encode(hashlib.sha256(script.encode("ascii")).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        f"{loads}; base-uri 'none'; form-action 'none'"
    )
    for mark, part in (("style", style), ("script", script), ("policy", policy)):
        markup = markup.replace(f"/* {mark} */", part)
    return markup


def source(path: str) -> str:
    """A source's text, by its path in the package."""
    return resources.files("heatvid").joinpath(*path.split("/")).read_text("utf-8")
