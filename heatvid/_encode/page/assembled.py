"""The page: its sources built into one file, then data, then videos block by block.

Nothing of what a dump says becomes markup: all of it is in one element of JSON, in which ``<`` is
escaped, and reaches the screen as text. The policy in the page's head lets only its own script
run, which it knows by its hash, and lets nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, BinaryIO

from heatvid._encode.page.carried import blocks

# Each after those that it imports from.
SCRIPTS = (
    "carried", "norms", "tables", "pictures", "tracks", "readings", "painting", "canvas2d", "webgl",
    "plots", "scale", "stage", "player", "series", "controls", "start",
)  # fmt: skip
_BYTES = "application/octet-stream"
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)
_TEXTS = re.compile(r"(\"[^\"\n]*\"|`[^`]*`)")
_COMMENT = re.compile(r"(^|\s)//\s.*")
_SIGNS = r"{}()\[\]=,;:<>+*/?&|!-"
_QUOTED = re.compile(r'="([\w.-]+)"(?=[ >])')  # what needs no quotes
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@lru_cache(maxsize=1)
def script() -> str:
    """All modules as one script, which is ASCII."""
    parts = [_IMPORT.sub("", _source(f"{name}.mjs")) for name in SCRIPTS]
    return '"use strict";\n' + "\n".join(_tight(_EXPORT.sub("", part), _SIGNS) for part in parts)


def _tight(text: str, signs: str) -> str:
    """A source without comments, and spaces that mean nothing: a page is sent, not read."""
    lines = (_COMMENT.sub("", line).strip() for line in text.splitlines())
    joined = "\n".join(line for line in lines if line)
    return "".join(_joined(part, signs) for part in _TEXTS.split(joined))


def _joined(part: str, signs: str) -> str:
    """A part without spaces around signs, and ends of lines that end nothing; texts as they are."""
    shader = part.startswith("`#version")
    if part[:1] in ('"', "`") and not shader:
        return part
    part = re.sub(rf" *([{signs}]) *", r"\1", part)
    part = re.sub(r"^#.*$", r"\v\g<0>\v", part, flags=re.MULTILINE)  # whose ends have a meaning
    part = re.sub(r"(?<=[{},;(\[])\n|\n(?=})", "", part)
    part = re.sub(r"[\v\n]+", "\n", part)
    return part if shader else part.replace(";}", "}")


def page_sources() -> tuple[str, str, str]:
    """Markup, style and script."""
    return _QUOTED.sub(r"=\1", _source("page.html")), _tight(_source("page.css"), "{};:,"), script()


def write_page(out: BinaryIO, data: Mapping[str, Any], videos: Mapping[str, str]) -> None:
    """Write a page.

    Parameters
    ----------
    out : binary file
    data : mapping
        What the page is told, plain values for JSON.
    videos : mapping of str to path
        Files that it carries, by the names that it knows them by.
    """
    markup, style, code = page_sources()
    before, after = markup.split("<!-- data -->\n")
    for mark, part in (
        ("/* style */", style),
        ("/* script */", code),
        ("/* policy */", _policy(code)),
    ):
        after, before = after.replace(mark, part), before.replace(mark, part)
    out.write(before.encode("ascii"))
    out.write(_element("application/json", "data", json_text(data).encode("ascii")))
    for name, path in videos.items():
        with open(path, "rb") as file:
            for number, (text, size, check) in enumerate(blocks(file)):
                out.write(_element(_BYTES, f"{name}-{number}", text, size, check))
    out.write(after.encode("ascii"))


def json_text(data: Mapping[str, Any]) -> str:
    """JSON in ASCII that no markup can be in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _element(kind: str, name: str, text: bytes, size: int = 0, check: int = 0) -> bytes:
    """A script element that is data, with what it has to decode to."""
    told = f' data-size="{size}" data-check="{check}"' if size else ""
    return f'<script type="{kind}" id="{name}"{told}>'.encode("ascii") + text + b"</script>\n"


def _policy(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode("ascii")).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src blob: data:; media-src blob:; base-uri 'none'; form-action 'none'"
    )


def _source(name: str) -> str:
    return (resources.files("heatvid") / "_encode" / "page" / name).read_text("utf-8")
