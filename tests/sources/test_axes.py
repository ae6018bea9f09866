"""Layouts: which axis is which, what is ambiguous, which channel is taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._errors import OptionError, SourceError
from heatvid.sources import open_source
from heatvid.sources._axes import resolve, resolve_frame


def delivered(array, **options):
    with open_source(array, **options) as source:
        return source.read(0, len(source)).copy()


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        ((5, 6), "HW"),
        ((7, 5, 6), "THW"),
        ((1, 5, 6), "THW"),
        ((3, 50, 60), "THW"),
        ((50, 2, 3), "THW"),
        ((7, 5, 6, 1), "THWC"),
        ((7, 1, 5, 6), "TCHW"),
        ((7, 5, 6, 3), "THWC"),
        ((7, 4, 5, 6), "TCHW"),
        ((7, 3, 60, 1), "THWC"),
    ],
)
def test_shapes_without_a_layout_are_read_as_documented(shape, order):
    assert resolve(shape, "a", channel=0).order == order


@pytest.mark.parametrize(
    ("shape", "choices"),
    [
        ((64, 64, 3), ("THW", "HWC")),
        ((64, 64, 4), ("THW", "HWC")),
        ((7, 50, 60, 70), ("THWC", "TCHW", "CTHW")),
        ((7, 3, 60, 4), ("THWC", "TCHW")),
        ((7, 1, 60, 1), ("THWC", "TCHW")),
    ],
)
def test_ambiguous_shapes_are_refused_naming_the_choices(shape, choices):
    with pytest.raises(SourceError, match=r"^a: .*more than one way") as error:
        resolve(shape, "a")
    assert all(f'layout="{choice}"' in str(error.value) for choice in choices)
    assert "--layout" in str(error.value)


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 5), (0, 5, 6), (5, 0), (2, 5, 6, 0)])
def test_shapes_that_are_no_frames_are_refused(shape):
    with pytest.raises(SourceError, match=r"^a: shape"):
        resolve(shape, "a")


@pytest.mark.parametrize("layout", ["", "T", "HH", "THWX", "THWT", "TH", 3])
def test_what_is_no_layout_is_refused(layout):
    with pytest.raises(OptionError, match=r"layout is .* allowed are the letters"):
        open_source(np.zeros((3, 4, 5)), layout=layout)


def test_a_layout_needs_a_letter_for_each_axis():
    with pytest.raises(SourceError, match="names 3 axes"):
        open_source(np.zeros((4, 5)), layout="THW")


def test_several_channels_need_a_choice_and_the_message_counts_them():
    array = np.zeros((2, 5, 6, 3))
    with pytest.raises(SourceError, match=r"has 3 channels.*channel=0 to 2"):
        open_source(array)
    for channel in (3, -4):
        with pytest.raises(OptionError, match="there are 3; allowed are -3 to 2"):
            open_source(array, channel=channel)
    for channel in (True, 1.0, "0"):
        with pytest.raises(OptionError, match="allowed is a whole number"):
            open_source(array, channel=channel)


@given(
    order=st.permutations("THWC").map("".join),
    drop=st.sets(st.sampled_from("TC")),
    fortran=st.booleans(),
    channel=st.integers(-3, 2),
)
def test_every_layout_delivers_the_same_frames(order, drop, fortran, channel):
    order = "".join(axis for axis in order if axis not in drop)
    sizes = {"T": 4, "H": 5, "W": 6, "C": 3}
    array = np.arange(np.prod([sizes[axis] for axis in order])).reshape(
        [sizes[axis] for axis in order], order="F" if fortran else "C"
    )
    channel = None if "C" in drop else channel
    expected = np.einsum(f"{order}->{''.join(a for a in 'THWC' if a in order)}", array)
    expected = expected[..., channel] if channel is not None else expected
    expected = expected[np.newaxis] if "T" in drop else expected
    np.testing.assert_array_equal(delivered(array, layout=order.lower(), channel=channel), expected)


@pytest.mark.parametrize(
    ("shape", "layout"), [((5, 6), None), ((5, 6, 1), None), ((1, 5, 6), None), ((5, 6, 1), "HWT")]
)
def test_a_frame_may_have_an_axis_of_length_1(shape, layout):
    assert resolve_frame(shape, "a", layout).frame_shape == (5, 6)


@pytest.mark.parametrize("shape", [(8, 5, 6), (5, 6, 3), (1, 6, 1), (5,), (1, 5, 6, 1)])
def test_a_frame_of_another_shape_says_how_to_pass_it(shape):
    with pytest.raises(SourceError, match=r"one frame has shape|axes; allowed"):
        resolve_frame(shape, "a")


def test_one_frame_cannot_be_several():
    with pytest.raises(SourceError, match="holds 8 frames; allowed is one"):
        resolve_frame((8, 5, 6), "a", "THW")
