"""Short names for what a script declares: a page is sent, not read.

A name becomes another one wherever it is written, so that no scope matters. What a property is
called stays, and so does every name that is one at the same time, as in ``{ width }``; texts stay,
too, but for those of shaders. Regular expressions hold neither quotes nor braces here.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from itertools import product

_CODE = re.compile(r'"[^"\n]*"|\.\.\.|\?\.|=>|[A-Za-z_$][\w$]*|\d[\w.]*|\s+|.')
_TEXT = re.compile(r"\$\{|`|(?:\\.|\$(?!\{)|[^`$\\])+", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_UNIFORM = re.compile(r"\buniform [^;]*")
_SHADER_NAME = re.compile(r"\b(?:void|bool|int|float|i?vec[234]) (\w+)")
_SHADER_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")  # no part of another
_DECLARES = ("const", "let", "class", "function")
_NO_PARAMETERS = ("if", "for", "while", "switch")
_RESERVED = {"do", "in", "if", "of", "as"}


def shortened(script: str) -> str:
    """A script with short names."""
    every = list(tokens(script))
    code = _Code([token for token, in_text in every if not in_text and not token.isspace()])
    words = code.words()
    bound = {code.texts[i] for i in words if code.declares(i)}
    names = bound - {code.texts[i] for i in words if code.is_property_too(i)}
    counts = Counter(code.texts[i] for i in words)
    short = _short([name for name, _ in counts.most_common() if name in names], set(counts))
    for i in words:
        code.texts[i] = short.get(code.texts[i], code.texts[i])
    coded = iter(code.texts)
    return "".join(
        _text(token) if in_text else token if token.isspace() else next(coded)
        for token, in_text in every
    )


def _text(text: str) -> str:
    """A text as it is; a shader with short names, but for those that it is told numbers by."""
    if not text.startswith("#version"):
        return text
    counts = Counter(_WORD.findall(text))
    told = set(_WORD.findall(" ".join(_UNIFORM.findall(text)))) | {"main"}
    names = set(_SHADER_NAME.findall(text)) - told
    short = _short([name for name, _ in counts.most_common() if name in names], set(counts))
    return _SHADER_WORD.sub(lambda found: short.get(found[0], found[0]), text)


def _short(names: list[str], used: set[str]) -> dict[str, str]:
    """The shortest for those that are written most."""
    each = ("".join(own) for size in (1, 2) for own in product(string.ascii_letters, repeat=size))
    free = (name for name in each if name not in used | _RESERVED)
    return dict(zip((name for name in names if len(name) > 2), free, strict=False))


def tokens(script: str) -> Iterator[tuple[str, bool]]:
    """Words, signs, spaces and strings of a source; with True what is text in its templates."""
    at, inside = 0, [""]
    while at < len(script):
        in_text = inside[-1] == "`"
        found = (_TEXT if in_text else _CODE).match(script, at)
        assert found is not None, script[at : at + 40]
        token, at = found[0], found.end()
        if token == "}" or (in_text and token == "`"):
            inside.pop()
        elif token in ("{", "${", "`"):
            inside.append(token)
        yield token, in_text and token not in ("${", "`")


class _Code:
    """Tokens of a script, and which brackets they are in.

    Attributes
    ----------
    texts : list of str
    """

    def __init__(self, texts: list[str]) -> None:
        self.texts = [*texts, "", ""]
        self._opener, self._closer = [], dict[int, int]()
        opened = [-1]
        for i, text in enumerate(self.texts):
            if text in (")", "]", "}"):
                self._closer[opened.pop()] = i
            self._opener.append(opened[-1])
            if text in ("(", "[", "{", "${"):
                opened.append(i)

    def words(self) -> list[int]:
        """Where names are that are not those of properties alone."""
        return [
            i for i, text in enumerate(self.texts)
            if _WORD.fullmatch(text) and self.texts[i - 1] not in (".", "?.")
            and not (self.texts[i + 1] == ":" and self.texts[i - 1] in ("{", ","))
        ]  # fmt: skip

    def declares(self, i: int) -> bool:
        """Whether a name is declared here, by itself, in an array or as a parameter."""
        before, after, opener = self.texts[i - 1], self.texts[i + 1], self._opener[i]
        if before in _DECLARES:
            return True
        if before not in ("(", "[", ",", "...") or after not in (")", "]", ",", "="):
            return False
        while opener >= 0 and self.texts[opener] == "[":
            if self.texts[opener - 1] in _DECLARES:
                return True
            opener = self._opener[opener]
        return opener >= 0 and self.texts[opener] == "(" and self._has_parameters(opener)

    def _has_parameters(self, opener: int) -> bool:
        after = self.texts[self._closer[opener] + 1]
        return after == "=>" or (after == "{" and self.texts[opener - 1] not in _NO_PARAMETERS)

    def is_property_too(self, i: int) -> bool:
        """Whether a name may be that of a property here: of an object, or of a class."""
        before, after, opener = self.texts[i - 1], self.texts[i + 1], self._opener[i]
        if after == "(" and before not in ("function", "new", "."):
            closed = self._closer[i + 1]
            if self.texts[closed + 1] == "{":
                return True
        if opener < 0 or self.texts[opener] != "{":
            return False
        if "class" in (self.texts[opener - 2], self.texts[opener - 4]):
            return True
        return before in ("{", ",") and after in (",", "}", "=")
