"""The names of numbered files, read from a pattern such as ``frames/%05d.png``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from heatvid._errors import AnyPath, OptionError, called

_PARTS = re.compile(r"%(?:(?P<percent>%)|(?P<number>(?:0[1-9]\d?)?d))?|[^%]+")


@dataclass(frozen=True)
class NumberedName:
    """The file names of a sequence, ``frame_%05d.png`` say; a larger number takes more digits.

    Attributes
    ----------
    before, after : str
        What stands around the number.
    digits : int
        The number's least count of digits, filled up with zeros.
    """

    before: str
    digits: int
    after: str

    def of(self, index: int) -> str:
        """Name one frame's file."""
        return f"{self.before}{index:0{self.digits}d}{self.after}"

    def names(self, name: str) -> bool:
        """Whether ``name`` is what :meth:`of` gives for some index."""
        return self.index_of(name) is not None

    def index_of(self, name: str) -> int | None:
        """The index for which :meth:`of` gives ``name``."""
        pattern = f"{re.escape(self.before)}([0-9]+){re.escape(self.after)}"
        found = re.fullmatch(pattern, name)
        if found is None or self.of(int(found[1])) != name:
            return None
        return int(found[1])


def read_name(path: AnyPath) -> NumberedName | str:
    """Read the file name of ``path`` as printf would; its folder is taken as it is.

    Returns
    -------
    NumberedName or str
        A str, ``%%`` made ``%``, where there is no number.

    Raises
    ------
    OptionError
        A ``%`` that is neither ``%d``, ``%05d`` nor ``%%``, or more than one number.
    """
    texts, digits = [""], []
    for part in _PARTS.finditer(os.path.basename(os.fsdecode(path))):
        if part["number"] is not None:
            digits.append(int(part["number"][:-1] or 1))
            texts.append("")
        elif part[0] == "%":
            raise _refused_name(path, "has a single % in its file name")
        else:
            texts[-1] += "%" if part["percent"] else part[0]
    if len(digits) > 1:
        raise _refused_name(path, f"has {len(digits)} numbers in its file name")
    return NumberedName(texts[0], digits[0], texts[1]) if digits else texts[0]


def _refused_name(path: AnyPath, what: str) -> OptionError:
    return OptionError(
        f"{called(path)}: {what}; allowed is one %d or %05d, and %% for a percent sign"
    )
