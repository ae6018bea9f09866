"""Options: what each takes, what it becomes, and what its refusal says."""

from __future__ import annotations

import inspect
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import heatvid
from heatvid._options import checks
from heatvid._options.options import Options, make_options, option_fields

NAMES = [option.name for option in option_fields()]


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("key", "depths", "depths"),
        ("layout", "TCHW", "TCHW"),
        ("channel", -1, -1),
        ("channel", np.int64(2), 2),
        ("frames", "1:9", "1:9"),
        ("vmin", 0, 0.0),
        ("vmin", -1.5, -1.5),
        ("vmin", Fraction(1, 4), 0.25),
        ("vmin", np.float32(0.5), 0.5),
        ("vmin", np.array(3), 3.0),
        ("vmax", 1e308, 1e308),
        ("vmax", np.uint8(255), 255.0),
        ("percentiles", (1, 99), (1.0, 99.0)),
        ("percentiles", [0, 100], (0.0, 100.0)),
        ("percentiles", np.array([2.5, 97.5]), (2.5, 97.5)),
        ("percentiles", iter((5, 6)), (5.0, 6.0)),
        ("scope", "running", "running"),
        ("cmap", "viridis", "viridis"),
        ("under", "red", "red"),
        ("over", (1, 2, 3), (1, 2, 3)),
        ("bad", "transparent", "transparent"),
        ("background", "clip.mp4", "clip.mp4"),
        ("alpha", 0, 0.0),
        ("alpha", 1, 1.0),
        ("resample", "nearest", "nearest"),
        ("format", "mp4", "mp4"),
        ("like", b"a.mp4", "a.mp4"),
        ("fps", 25, Fraction(25)),
        ("crf", np.int32(0), 0.0),
        ("crf", 15.5, 15.5),
        ("codec", "hevc", "hevc"),
        ("quality", 1, 1.0),
        ("encoder_threads", 2, 2),
        ("hardware", "try", "try"),
        ("preset", "ultrafast", "ultrafast"),
        ("pix_fmt", "rgb24", "rgb24"),
        ("range", "pc", "pc"),
        ("lossless", True, True),
        ("audio", True, True),
        ("overwrite", True, True),
        ("backend", "numpy", "numpy"),
        ("batch_size", 1, 1),
        ("threads", 256, 256),
        ("progress", False, False),
    ],
)
def test_good_values_take_their_plain_form(name: str, given: Any, kept: Any) -> None:
    value = getattr(Options(**{name: given}), name)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", 3),
        ("layout", b"THW"),
        ("channel", 1.0),
        ("channel", True),
        ("channel", "red"),
        ("vmin", "0"),
        ("vmin", True),
        ("vmin", float("nan")),
        ("vmin", float("inf")),
        ("vmin", 1j),
        ("vmin", 10**400),
        ("vmin", [1.0]),
        ("vmin", np.zeros((3, 3))),
        ("vmax", np.array(True)),
        ("vmax", np.array("x")),
        ("vmax", -float("inf")),
        ("percentiles", 5),
        ("percentiles", "1 99"),
        ("percentiles", (1,)),
        ("percentiles", (1, 2, 3)),
        ("percentiles", (99, 1)),
        ("percentiles", (5, 5)),
        ("percentiles", (-1, 99)),
        ("percentiles", (1, 101)),
        ("percentiles", ("a", "b")),
        ("percentiles", np.array(5)),
        ("scope", "whole"),
        ("scope", 1),
        ("scope", ["frame"]),
        ("scope", np.array(["frame", "running"])),
        ("alpha", 1.01),
        ("alpha", -0.01),
        ("alpha", "half"),
        ("resample", "bicubics"),
        ("fps", 0),
        ("fps", 1001),
        ("crf", -1),
        ("crf", 64),
        ("crf", "18"),
        ("codec", "h265"),
        ("quality", 0),
        ("quality", 33),
        ("encoder_threads", 0),
        ("hardware", True),
        ("preset", "fastest"),
        ("pix_fmt", "yuv411p"),
        ("range", "full"),
        ("lossless", 1),
        ("lossless", "yes"),
        ("overwrite", "no"),
        ("backend", "gpu"),
        ("batch_size", 0),
        ("threads", 0),
        ("threads", 257),
        ("progress", "always"),
    ],
)
def test_bad_values_are_refused_in_one_line(name: str, value: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=f"^{name}: got .*; allowed (is|are) ") as error:
        Options(**{name: value})
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 300
    assert not message.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_none_is_the_default(name: str) -> None:
    assert getattr(Options(**{name: None}), name) == getattr(Options(), name)


def test_options_can_be_neither_changed_nor_given_by_place() -> None:
    with pytest.raises(AttributeError):
        Options().alpha = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        Options("depths")  # type: ignore[misc]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_number_is_a_limit(number: float) -> None:
    assert Options(vmin=number).vmin == number


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_limit_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(heatvid.OptionError):
        Options(vmin=number)


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("colormap", "cmap"), ("aplha", "alpha"), ("percentile", "percentiles"), ("vmim", "vmin")],
)
def test_an_unknown_name_gets_a_guess(wrong: str, right: str) -> None:
    with pytest.raises(heatvid.OptionError, match=f"^{wrong}: no such option; .*{right}") as error:
        make_options({wrong: 1})
    assert "\n" not in str(error.value)


def test_an_unknown_choice_gets_a_guess() -> None:
    with pytest.raises(heatvid.OptionError, match=r"did you mean 'ultrafast'\?"):
        Options(preset="ultra-fast")


def test_only_options_that_make_sense_are_allowed() -> None:
    with pytest.raises(heatvid.OptionError, match=r"^fps: no such option"):
        heatvid.to_rgb(np.zeros((2, 2)), fps=30)
    with pytest.raises(heatvid.OptionError, match=r"^key: no such option"):
        heatvid.VideoWriter("out.mp4", key="depths")


@pytest.mark.parametrize(
    ("function", "groups"),
    [
        (heatvid.render, ()),
        (
            heatvid.VideoWriter,
            (
                *("layout", "channel", "values", "colour", "blending", "composition", "output"),
                *("backend", "device", "batch_size", "threads", "progress"),
            ),
        ),
        (
            heatvid.to_rgb,
            (
                "layout",
                "channel",
                "values",
                "colour",
                "blending",
                "composition",
                "transparent",
                "backend",
                "device",
                "threads",
            ),
        ),
        (
            heatvid.measure,
            (
                "input",
                "norm",
                "vmin",
                "vmax",
                "percentiles",
                "gamma",
                "center",
                "linthresh",
                "smooth",
                "progress",
            ),
        ),
    ],
)
def test_signatures_and_docstrings_show_every_option(function: Any, groups: Any) -> None:
    parameters = inspect.signature(function).parameters
    options = option_fields(groups)
    shown = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    assert shown == [option.name for option in options]
    documentation = inspect.getdoc(function) or ""
    assert "{options}" not in documentation
    for option in options:
        assert parameters[option.name].default == option.default
        assert f"    {option.metadata['help']}." in documentation


def test_docstrings_say_the_type_the_default_and_what_is_allowed() -> None:
    documentation = inspect.getdoc(heatvid.render) or ""
    for words in (
        "scope : {'sequence', 'frame', 'running'}, default 'sequence'\n",
        "resample : {'nearest', 'bilinear', 'bicubic'}, optional\n",
        "    Allowed: two numbers LO < HI in 0..100.\n",
        "alpha : float, optional\n",
        "    Allowed: a number in 0..1.\n",
        "outlines : int, default 0\n",
        "    Allowed: a whole number in 0..64.\n",
        "lossless : bool, default False\n",
        "fps : Fraction or float or str, optional\n",
        "    Allowed: a slice, or START:STOP:STEP as a text.\n",
    ):
        assert words in documentation
    for option in option_fields():
        entry = documentation.partition(f"\n{option.name} : ")[2].partition(" : ")[0]
        check = option.metadata["check"]
        assert check.allowed in entry
        assert all(repr(choice) in entry for choice in check.choices)


def test_signatures_keep_their_types() -> None:
    parameters = inspect.signature(heatvid.render).parameters
    kinds = {name: parameter.annotation for name, parameter in parameters.items()}
    assert kinds["scope"] == Literal["sequence", "frame", "running"]
    assert kinds["vmin"] == float | None
    assert kinds["fps"] == Fraction | float | str | None
    assert kinds["outlines"] is int
    assert inspect.Parameter.empty not in kinds.values()
    assert not any(isinstance(kind, str) for kind in kinds.values())
    assert inspect.signature(heatvid.render).return_annotation is heatvid.RenderResult
    assert inspect.signature(heatvid.VideoWriter).parameters["outlines"].annotation is int


@pytest.mark.parametrize("option", option_fields(), ids=lambda option: option.name)
def test_every_option_has_a_group_and_a_help_of_one_line(option: Any) -> None:
    assert option.metadata["group"] in {
        "input", "values", "colour", "blending", "composition", "time", "output", "running"
    }  # fmt: skip
    text = option.metadata["help"]
    assert text
    assert "\n" not in text
    assert not text.endswith(".")


# --- frame rates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        (25, "25"),
        (25.0, "25"),
        (30, "30"),
        (24, "24"),
        (12.5, "25/2"),
        (0.5, "1/2"),
        (1000, "1000"),
        ("24000/1001", "24000/1001"),
        (Fraction(24000, 1001), "24000/1001"),
        (23.976, "24000/1001"),
        (23.98, "24000/1001"),
        (23.976023976, "24000/1001"),
        (29.97, "30000/1001"),
        ("29.97", "30000/1001"),
        (Decimal("29.97"), "30000/1001"),
        (np.float64(29.97), "30000/1001"),
        (np.float32(29.97), "30000/1001"),
        (np.int64(25), "25"),
        (47.952, "48000/1001"),
        (59.94, "60000/1001"),
        (119.88, "120000/1001"),
        (29.9, "299/10"),
        ("30/1", "30"),
        (1 / 3, "1/3"),
    ],
)
def test_rates_become_exact_fractions(value: Any, rate: str) -> None:
    assert checks.frame_rate("fps", value) == Fraction(rate)
    assert Options(fps=value).fps == Fraction(rate)


@pytest.mark.parametrize(
    "value",
    [0, -1, 0.0, float("nan"), float("inf"), 1000.1, 10**400, 1e-6, "1e-9", "", "fast", "30/0",
     "1/2/3", (30, 1), 1j, True, np.zeros((2, 2)), object()],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_what_is_no_rate_is_refused_in_one_line(value: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=r"^fps: got .*; allowed is ") as error:
        checks.frame_rate("fps", value)
    assert "\n" not in str(error.value)


@given(st.fractions(Fraction(1, 1000), 1000, max_denominator=90_000))
def test_any_fraction_is_kept_or_a_broadcast_rate(rate: Fraction) -> None:
    kept = checks.frame_rate("fps", rate)
    assert kept == rate or (kept.denominator == 1001 and abs(kept - rate) < Fraction(1, 200))


def test_a_label_that_is_no_number_is_refused() -> None:
    with pytest.raises(heatvid.OptionError, match="label_colors: got"):
        Options(label_colors={float("inf"): "red"})
