"""``to_rgb``: predictions in memory to pictures in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

import heatvid
from tests.support.oracle import BLACK, Color, Picture, frame_bytes

TABLE = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
COLORS: list[Color] = [(int(r), int(g), int(b), 1.0) for r, g, b in TABLE]
COLORS += [COLORS[0], COLORS[-1], BLACK]
DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "float16", "int32", "int64", "float32", "float64",
)  # fmt: skip


def random(shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> NDArray[Any]:
    return (np.random.default_rng(seed).random(shape) * 120).astype(dtype)


def expected(
    stack: NDArray[Any],
    limits: tuple[float, float],
    size: tuple[int, int] | None = None,
    **look: Any,
) -> NDArray[np.uint8]:
    """The oracle's pictures of a stack, shape (n, h, w)."""
    picture = Picture("rgb24", *(size or stack.shape[1:]))
    frames = [frame_bytes(frame, picture, COLORS, limits, **look) for frame in stack]
    return np.stack(frames).reshape(len(stack), picture.height, picture.width, 3)


# --- shapes and dtypes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(5, 6), (1, 1), (3, 5, 6), (1, 5, 6), (2, 3, 5, 6), (1, 1, 1, 1)]
)
def test_any_stack_keeps_its_axes_before_the_last_two(shape: tuple[int, ...]) -> None:
    predictions = random(shape)
    got = heatvid.to_rgb(predictions, cmap=TABLE)
    assert got.shape == (*shape, 3)
    assert got.dtype == np.uint8
    limits = (float(predictions.min()), float(predictions.max()))
    stack = predictions.reshape(-1, *shape[-2:])
    np.testing.assert_array_equal(got, expected(stack, limits).reshape(*shape, 3))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_spans_its_own_range(dtype: str) -> None:
    predictions = random((2, 9, 11), dtype)
    limits = {"uint8": (0.0, 255.0), "bool": (0.0, 1.0)}.get(
        dtype, (float(predictions.min()), float(predictions.max()))
    )
    got = heatvid.to_rgb(predictions, cmap=TABLE)
    np.testing.assert_array_equal(got, expected(predictions, limits))


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
        elements=st.floats(width=32),
    )
)
def test_any_floats_are_coloured(predictions: NDArray[np.float32]) -> None:
    finite = predictions[np.isfinite(predictions)].astype(float)
    limits = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    got = heatvid.to_rgb(predictions, cmap=TABLE)
    np.testing.assert_array_equal(got, expected(predictions, limits))


def test_big_endian_and_strided_arrays() -> None:
    predictions = random((4, 9, 11))
    wanted = heatvid.to_rgb(predictions)
    np.testing.assert_array_equal(heatvid.to_rgb(predictions.astype(">f4")), wanted)
    np.testing.assert_array_equal(heatvid.to_rgb(np.asfortranarray(predictions)), wanted)
    np.testing.assert_array_equal(heatvid.to_rgb(predictions[::-1, ::-1]), wanted[::-1, ::-1])
    np.testing.assert_array_equal(
        heatvid.to_rgb(predictions.transpose(0, 2, 1)), wanted.transpose(0, 2, 1, 3)
    )


def test_more_predictions_than_a_batch_holds() -> None:
    predictions = random((300, 3, 4))
    got = heatvid.to_rgb(predictions, cmap=TABLE, vmin=0, vmax=100)
    np.testing.assert_array_equal(got, expected(predictions, (0, 100)))


def test_what_is_given_is_not_changed() -> None:
    predictions = random((3, 5, 6))
    predictions[0, 0, 0] = np.nan
    before = predictions.copy()
    heatvid.to_rgb(predictions, background=np.zeros((9, 9, 3), np.uint8))
    np.testing.assert_array_equal(predictions, before)


@pytest.mark.parametrize(
    "predictions",
    [
        np.float32(1),
        np.zeros(5),
        np.zeros((0, 5)),
        np.zeros((5, 0)),
        np.zeros((0, 5, 6)),
        np.zeros((2, 2), complex),
        np.zeros((2, 2), object),
        np.array([["a", "b"]]),
        np.zeros((2, 2), "M8[s]"),
        np.zeros((2, 2), [("x", "f4")]),
    ],
    ids=lambda array: f"{array.shape}-{array.dtype}",
)
def test_what_is_no_prediction_is_refused_in_one_line(predictions: Any) -> None:
    with pytest.raises(heatvid.SourceError, match=r"^array: ") as error:
        heatvid.to_rgb(predictions)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("predictions", [[[0.0, 1.0]], None, "preds.npy", 3, object(), [[1], [2]]])
def test_what_is_no_array_is_refused_in_one_line(predictions: Any) -> None:
    with pytest.raises(heatvid.SourceError, match=r"^array: ") as error:
        heatvid.to_rgb(predictions)
    assert "\n" not in str(error.value)


def test_masked_values_are_bad() -> None:
    predictions = np.ma.masked_less(random((5, 6)), 50)
    got = heatvid.to_rgb(predictions, bad="#010203")
    np.testing.assert_array_equal((got == [1, 2, 3]).all(axis=-1), np.ma.getmaskarray(predictions))


# --- limits -------------------------------------------------------------------------------------


def test_a_stack_shares_its_limits() -> None:
    got = heatvid.to_rgb(np.array([[[0.0, 1.0]], [[0.0, 2.0]]]), cmap="gray")
    assert got[..., 0].tolist() == [[[0, 128]], [[0, 255]]]


def test_each_frame_may_have_its_own() -> None:
    predictions = np.array([[[0.0, 1.0]], [[0.0, 2.0]]])
    got = heatvid.to_rgb(predictions, cmap="gray", scope="frame")
    assert got[..., 0].tolist() == [[[0, 255]], [[0, 255]]]
    many = random((300, 3, 4))
    got = heatvid.to_rgb(many, cmap=TABLE, scope="frame")
    for frame, picture in zip(many, got, strict=True):
        limits = (float(frame.min()), float(frame.max()))
        np.testing.assert_array_equal(picture[None], expected(frame[None], limits))


def test_one_limit_may_be_given() -> None:
    got = heatvid.to_rgb(np.array([[0.0, 1.0, 2.0]]), cmap="gray", vmax=1, over="red")
    assert got.tolist() == [[[0, 0, 0], [255, 255, 255], [255, 0, 0]]]


def test_percentiles_leave_outliers_out() -> None:
    predictions = random((50, 60))
    predictions[0, 0] = 1e9
    low, high = np.percentile(predictions.astype(np.float64), [1, 99])
    got = heatvid.to_rgb(predictions, cmap=TABLE, percentiles=(1, 99))
    np.testing.assert_array_equal(got, expected(predictions[None], (low, high))[0])


def test_nothing_finite_is_all_bad() -> None:
    got = heatvid.to_rgb(np.full((2, 3), np.nan), bad="white")
    assert (got == 255).all()
    assert (heatvid.to_rgb(np.full((2, 3), np.nan), scope="frame") == 0).all()


def test_a_constant_is_the_first_colour() -> None:
    got = heatvid.to_rgb(np.full((2, 3), 0.1, np.float32), cmap=TABLE)
    assert (got == TABLE[0]).all()


@pytest.mark.parametrize(
    "options",
    [{"vmin": 2, "vmax": 1}, {"vmin": 0, "vmax": 1, "percentiles": (1, 99)}, {"scope": "all"}],
)
def test_limits_that_contradict_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(heatvid.OptionError, match=r"; allowed is ") as error:
        heatvid.to_rgb(np.zeros((2, 2)), **options)
    assert "\n" not in str(error.value)


# --- backgrounds --------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [None, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [(5, 6), (11, 13), (3, 2)])
def test_pictures_of_a_background_give_the_size(size: tuple[int, int], alpha: float | None) -> None:
    predictions = random((3, 5, 6))
    pictures = np.random.default_rng(1).integers(0, 256, (3, *size, 3), dtype=np.uint8)
    got = heatvid.to_rgb(
        predictions, cmap=TABLE, vmin=0, vmax=100, background=pictures, alpha=alpha
    )
    opacity = 0.5 if alpha is None else alpha
    for i in range(3):
        wanted = expected(
            predictions[i : i + 1], (0, 100), size, alpha=opacity, background=pictures[i].ravel()
        )
        np.testing.assert_array_equal(got[i : i + 1], wanted)


def test_one_picture_lies_under_every_prediction() -> None:
    predictions = random((300, 3, 4))
    picture = np.random.default_rng(1).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    got = heatvid.to_rgb(predictions, cmap=TABLE, vmin=0, vmax=100, background=picture)
    wanted = expected(predictions, (0, 100), alpha=0.5, background=picture.ravel())
    np.testing.assert_array_equal(got, wanted)


def test_an_image_file_is_a_background(tmp_path: Any) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    path = tmp_path / "a name.png"
    Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(
        heatvid.to_rgb(random((5, 6)), background=path),
        heatvid.to_rgb(random((5, 6)), background=picture),
    )


@pytest.mark.parametrize("color", ["#8040c0", (128, 64, 192)])
def test_a_colour_is_a_background(color: Any) -> None:
    predictions = random((2, 5, 6))
    got = heatvid.to_rgb(predictions, cmap=TABLE, vmin=0, vmax=100, background=color)
    wanted = expected(predictions, (0, 100), alpha=0.5, background=(128, 64, 192, 1.0))
    np.testing.assert_array_equal(got, wanted)


def test_without_a_background_the_field_lies_over_black() -> None:
    predictions = random((2, 5, 6))
    got = heatvid.to_rgb(predictions, cmap=TABLE, vmin=0, vmax=100, alpha=0.25)
    np.testing.assert_array_equal(got, expected(predictions, (0, 100), alpha=0.25))


@pytest.mark.parametrize("resample", ["bilinear", "nearest"])
def test_resampling_is_as_asked_for(resample: str) -> None:
    predictions, picture = random((1, 5, 6)), np.zeros((14, 17, 3), np.uint8)
    got = heatvid.to_rgb(
        predictions, cmap=TABLE, vmin=0, vmax=100, background=picture, alpha=1, resample=resample
    )
    wanted = expected(predictions, (0, 100), (14, 17), bilinear=resample == "bilinear")
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("count", [2, 4])
def test_too_few_or_too_many_pictures_are_refused(count: int) -> None:
    with pytest.raises(heatvid.UsageError, match=r"^background: ") as error:
        heatvid.to_rgb(random((3, 5, 6)), background=np.zeros((count, 5, 6, 3), np.uint8))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("background", ["no-such.png", object(), np.zeros(3), np.zeros((2, 2, 7))])
def test_what_is_no_background_is_refused_in_one_line(background: Any) -> None:
    with pytest.raises(heatvid.UsageError, match=r"background|no-such\.png: ") as error:
        heatvid.to_rgb(random((3, 5, 6)), background=background)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batches_in_parallel_are_those_of_one_thread(threads: int) -> None:
    frames = np.random.default_rng(0).random((7, 900, 1400)).astype(np.float32)
    given = {"vmin": 0.1, "vmax": 0.9, "background": frames[..., None].repeat(3, -1)}
    pairs = zip(frames, given["background"], strict=True)
    wanted = np.stack([heatvid.to_rgb(f, vmin=0.1, vmax=0.9, background=b) for f, b in pairs])
    np.testing.assert_array_equal(heatvid.to_rgb(frames, threads=threads, **given), wanted)


def test_limits_move_in_the_order_of_the_frames_whatever_the_threads() -> None:
    frames = np.random.default_rng(0).random((9, 700, 1200)).astype(np.float32)
    frames *= np.arange(1, 10)[:, None, None]
    one, many = (heatvid.to_rgb(frames, scope="running", threads=n) for n in (1, 5))
    np.testing.assert_array_equal(one, many)


def test_the_backend_is_the_one_asked_for() -> None:
    frame = np.random.default_rng(0).random((9, 14))
    np.testing.assert_array_equal(heatvid.to_rgb(frame, backend="numpy"), heatvid.to_rgb(frame))
    with pytest.raises(heatvid.OptionError, match="backend: got 'abacus'"):
        heatvid.to_rgb(frame, backend="abacus")
    with pytest.raises(heatvid.OptionError, match="device: got 0 with backend='numpy'"):
        heatvid.to_rgb(frame, backend="numpy", device=0)
