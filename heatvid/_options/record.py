"""Options as a line of JSON that travels with an output, and back.

It names no folder and no time: the same job gives the same line, on every machine. What comes back
is anybody's: only known options are taken from it, and each goes through its own check.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from typing import Any

from heatvid._errors import printable
from heatvid._options.composed_rules import DRAWN_RULES, UNLABELLED_RULES
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import RULES, broken, is_given

MOST_BYTES = 32 << 10  # QuickTime holds 64 KiB
_MARK = "heatvid"  # the key whose value is the version
_UNTOLD = (
    "overwrite",
    "like",
    "format",
    "running",
)  # in no pixel
FILES = ("background", "alpha_mask", "font", "label_names")  # that may name some
_OVER = "blending"  # the group of what means something over a background
_RANGE = ("vmin", "vmax", "limits", "percentiles", "scope")
_LOOKS = ("values", "colour", _OVER, "channel", "nodata", "scale", "offset", "flip")
_NOT_LOOKS = ("background", "background_frames", "alpha_mask")
# What is drawn, but for what names that which was shown, and what measures it.
_DRAWN = (
    "colorbar", "legend", "label", "label_names", "font", "text", "text_place", "text_size",
    "text_color", "text_box", "gap_color",
)  # fmt: skip
_SIZES = ("size", "zoom", "panel_size")
_PANELS = ("panels", "columns", "gap", "own_limits")  # which show what lies under a field, too


def record_of(options: Options, *, version: str, source: str, **facts: Any) -> str:
    """Spell what an output was made with.

    Parameters
    ----------
    options : Options
    version : str
        Of heatvid.
    source : str
        Its name; folders and what follows a question mark are left out.
    **facts
        What else is known; None and empty texts are left out.
    """
    told: dict[str, Any] = {}
    untold: list[str] = []
    for option in fields(options):
        value = getattr(options, option.name)
        untellable = {option.name, option.metadata["group"]} & set(_UNTOLD)
        if untellable or not is_given(option, value):
            continue
        try:
            told[option.name] = plain(_base(value) if option.name in FILES else value)
        except TypeError:
            untold.append(option.name)
    known = {name: fact for name, fact in facts.items() if fact not in (None, "")}
    record = {_MARK: version, "source": _base(source), **known, "options": told, "untold": untold}
    while len(line := _spelled(record)) > MOST_BYTES and told:
        longest = max(told, key=lambda name: len(_spelled(told[name])))
        del told[longest]
        untold.append(longest)
    return line


def read_record(text: str) -> dict[str, Any] | None:
    """Read a line of :func:`record_of`; None of what is none."""
    if len(text) > MOST_BYTES:
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kinds = {_MARK: str, "source": str, "options": dict, "untold": list}
    if not isinstance(record, dict):
        return None
    return record if all(isinstance(record.get(k), kinds[k]) for k in kinds) else None


def looks_of(
    record: Mapping[str, Any],
    given: Mapping[str, Any],
    allowed: Sequence[str] = (),
    *,
    page: bool = False,
) -> dict[str, Any]:
    """Options that show values as an output does, as far as those that are ``given`` let them.

    Parameters
    ----------
    record : mapping
        Of that output.
    given : mapping
    allowed : sequence of str
        Names of those that are taken; all by default.
    page : bool
        Whether they are for a page, in which nothing is drawn.

    Raises
    ------
    OptionError
        A value is not allowed.
    """
    given = {name: value for name, value in given.items() if value is not None}
    taken = _taken(record, given)
    taken = {name: value for name, value in taken.items() if not allowed or name in allowed}
    rules = (*RULES, *UNLABELLED_RULES, *(() if page else DRAWN_RULES))
    options = Options(**{**taken, **given})
    while idle := [name for name, _ in broken(options, rules) if name in taken]:
        del taken[idle[0]]  # what is given leaves it without a meaning
        options = Options(**{**taken, **given})
    return taken


def untold_looks(record: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Options of the looks that an output had, which its record cannot tell, and are not given."""
    looks = [name for name in _look_names() if given.get(name) is None]
    told, untold = record["options"], record["untold"]
    return [name for name in looks if name in untold or _is_file(name, told.get(name))]


def command_of(record: Mapping[str, Any]) -> str:
    """The command that a record tells, on one line."""
    words = ["heatvid", "render", str(record["source"])]
    for name, value in record["options"].items():
        words.append("--" + str(name).replace("_", "-"))
        if isinstance(value, dict):
            words += [f"{key}={place}" for key, place in value.items()]
        elif isinstance(value, list):
            words += map(str, value)
        elif value is not True:
            words.append(str(value))
    return shlex.join(words)


def lines_of(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a record tells, for a page of text: each a name and its words."""
    limits = record.get("limits")
    rows = [
        ("made by", f"heatvid {record[_MARK]}"),
        ("command", command_of(record)),
        ("colours", f"{record.get('cmap', '')} {record.get('norm', '')}".strip()),
        ("limits", "" if limits is None else json.dumps(limits)),
        ("of", f"{record.get('quantity', '')} {record.get('units', '')}".strip()),
        ("not told", ", ".join(map(str, record["untold"]))),
    ]
    return [(name, printable(words)) for name, words in rows if words]


def _taken(record: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a record has to say of the looks, beside what is given."""
    names = _look_names()
    if "background" not in given:
        over = [option.name for option in option_fields((_OVER,))]
        names = [name for name in names if name not in over and name not in _PANELS]
    if any(name in given for name in _SIZES):
        names = [name for name in names if name not in _SIZES]
    told = {name: record["options"][name] for name in names if name in record["options"]}
    stored = {name: value for name, value in told.items() if not _is_file(name, value)}
    if "label_names" in untold_looks(record, given):
        stored.pop("legend", None)  # of which nothing would be left
    stored = {name: value for name, value in stored.items() if name not in given}
    fixed = record.get("limits") is not None
    if fixed or any(name in given for name in _RANGE):
        stored = {name: value for name, value in stored.items() if name not in _RANGE}
    if fixed and not any(name in given for name in _RANGE):
        stored["limits"] = record["limits"]
    return stored


def _is_file(name: str, value: Any) -> bool:
    """Whether a value is a file's name, which is never read because another file says so."""
    return name in FILES and isinstance(value, str)


def _look_names() -> list[str]:
    names = [option.name for option in option_fields(_LOOKS) if option.name not in _NOT_LOOKS]
    return [*names, *_DRAWN, *_SIZES, *_PANELS]


def plain(value: Any) -> Any:
    """A value as JSON has it, which the option's check takes again."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, slice):
        return ":".join("" if part is None else str(int(part))
                        for part in (value.start, value.stop, value.step))  # fmt: skip
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} is not plain")


def _base(value: Any) -> Any:
    """The last part of a name; what is none stays as it is."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        return value
    name = os.path.basename(os.fsdecode(value).rstrip("/\\")).partition("?")[0]
    return name.encode("utf-8", "backslashreplace").decode()


def _spelled(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
