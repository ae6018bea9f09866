"""Signatures and docstrings of the functions that take options, from the options themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field
from fractions import Fraction
from typing import Any, Literal, TypeVar, get_type_hints

from heatvid._options.checks import Check
from heatvid._options.options import Options, option_fields

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def documented(*groups: str) -> Callable[[Decorated], Decorated]:
    """Give what takes ``**options`` their signature, and their part of its docstring."""

    def decorate(function: Decorated) -> Decorated:
        options, hints = option_fields(groups), get_type_hints(Options)
        signature = inspect.signature(function, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        extra = [
            inspect.Parameter(
                option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default,
                annotation=_annotation(option, hints[option.name]),
            )
            for option in options
        ]  # fmt: skip
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]  # PEP 362
            parameters=[*own, *extra]
        )
        lines = [
            line for option, p in zip(options, extra, strict=True) for line in _lines(p, option)
        ]
        function.__doc__ = (function.__doc__ or "").replace("    {options}", "\n".join(lines))
        return function

    return decorate


def _annotation(option: Field[Any], kind: Any) -> Any:
    """What may be given: a name among the choices, else the plain form, or what becomes it."""
    choices = option.metadata["check"].choices
    if choices:
        return Literal[choices] if option.default is not None else Literal[choices] | None
    return Fraction | float | str | None if kind == Fraction | None else kind


def _lines(parameter: inspect.Parameter, option: Field[Any]) -> list[str]:
    """Lines of a docstring: name, type and default; what it means; what is allowed."""
    check: Check = option.metadata["check"]
    kind = f"{{{', '.join(map(repr, check.choices))}}}" if check.choices else _words(parameter)
    default = "optional" if option.default is None else f"default {option.default!r}"
    lines = [f"    {option.name} : {kind}, {default}", f"        {option.metadata['help']}."]
    return [*lines, f"        Allowed: {check.allowed}."] if check.allowed else lines


def _words(parameter: inspect.Parameter) -> str:
    words = inspect.formatannotation(parameter.annotation).removesuffix(" | None")
    return "object" if words == "Any" else words.replace("fractions.", "").replace(" |", " or")
