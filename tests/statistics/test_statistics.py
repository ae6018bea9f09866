"""Statistics against NumPy over whole arrays: equal, not close."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heatvid._errors import OptionError, SourceError, UsageError
from heatvid._statistics.counts import Statistics, tiles
from heatvid._statistics.summary import summarize
from heatvid.sources import Source, open_source

DTYPES = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
QS = (0, 1, 12.5, 50, 99, 100)


def frames(dtype, shape=(5, 40, 50), seed=0):
    """Values of every size the type has, by random bits, with NaN and Inf among floats."""
    bits = np.random.default_rng(seed).integers(0, 256, (*shape, np.dtype(dtype).itemsize), "u1")
    if dtype == "?":
        return bits[..., 0] > 127
    return bits.view(dtype)[..., 0]


def finite(array):
    return array[np.isfinite(array)].astype(np.float64)


def numpy_percentiles(values, qs):
    with np.errstate(over="ignore", invalid="ignore"):
        return [float(np.percentile(values, q)) for q in qs]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_summary_equals_numpy_for_every_dtype(dtype, threads):
    array = frames(dtype)
    if array.dtype == np.float64:
        array = np.clip(array, -1e300, 1e300)  # the range itself stays finite for NumPy
    summary = summarize(open_source(array), QS, threads=threads, batch_bytes=30_000)
    real = array[np.isfinite(array)]
    assert (summary.minimum, summary.maximum) == (real.min().item(), real.max().item())
    assert summary.finite_count == real.size
    assert summary.nan_count == np.count_nonzero(np.isnan(array))
    assert summary.posinf_count == np.count_nonzero(array == np.inf)
    assert summary.neginf_count == np.count_nonzero(array == -np.inf)
    assert list(summary.percentiles.values()) == numpy_percentiles(finite(array), QS)
    assert (summary.shape, summary.dtype) == (array.shape, array.dtype)


@settings(max_examples=150)
@given(
    array=st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=3, max_side=8))
    ),
    q=st.floats(0, 100),
)
def test_statistics_equal_numpy_for_any_values(array, q):
    statistics, real = Statistics.of(array, (q,)), finite(array)
    assert statistics.count == array.size
    assert statistics.finite_count == real.size
    assume(real.size)
    values = array[np.isfinite(array)]
    assert (statistics.minimum, statistics.maximum) == (values.min().item(), values.max().item())
    assert np.isfinite(statistics.percentile(q))
    assume(np.isfinite(float(np.ptp(real / 4)) * 4))  # beyond, NumPy overflows
    assert statistics.percentile(q) == numpy_percentiles(real, (q,))[0]


@pytest.mark.parametrize("values", [[], [np.nan, np.inf, -np.inf]])
def test_where_nothing_is_finite_there_are_no_statistics(values):
    statistics = Statistics.of(np.array(values), (50,))
    assert statistics.finite_count == 0
    assert statistics.minimum is statistics.maximum is statistics.percentile(50) is None


def test_the_widest_range_does_not_overflow():
    statistics = Statistics.of(np.array([-1.7e308, 1.7e308]), (25, 50))
    assert statistics.percentile(50) == 0
    assert statistics.percentile(25) == pytest.approx(-8.5e307)


def test_denormals_keep_their_order():
    array = np.array([5e-324, 1e-323, 0.0, -5e-324, -0.0])
    statistics = Statistics.of(array, (0, 50, 100))
    assert [statistics.percentile(q) for q in (0, 50, 100)] == [-5e-324, 0.0, 1e-323]


@given(st.lists(hnp.arrays(np.float16, 7), min_size=1, max_size=4), st.randoms())
def test_merging_in_any_order_gives_the_same(parts, random):
    whole, merged = Statistics(np.float16, (30,)), Statistics(np.float16, (30,))
    whole.update(np.concatenate(parts))
    random.shuffle(parts)
    for part in parts:
        other = merged.fresh()
        other.update(part)
        merged.merge(other)
    assert not whole.refine()
    assert not merged.refine()
    for name in ("minimum", "maximum", "count", "nan_count", "posinf_count", "neginf_count"):
        assert getattr(whole, name) == getattr(merged, name)
    assert whole.percentile(30) == merged.percentile(30)


def test_negative_zero_is_plain_zero():
    statistics = Statistics.of(np.array([-0.0, -0.0], np.float32))
    assert not np.signbit(statistics.minimum)
    assert not np.signbit(Statistics.of(np.array([-0.0], np.float16)).maximum)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_nothing_finite_has_no_range(dtype):
    array = np.array([[[np.nan, np.inf], [-np.inf, np.nan]]], dtype)
    summary = summarize(open_source(array), (50,), bins=4)
    assert (summary.minimum, summary.maximum, summary.percentiles) == (None, None, {50: None})
    counts = (summary.nan_count, summary.posinf_count, summary.neginf_count, summary.finite_count)
    assert counts == (2, 1, 1, 0)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f4", "i8"])
def test_a_histogram_counts_every_finite_value_once(dtype):
    array = (
        frames(dtype) if dtype != "f4" else np.linspace(-3, 5, 6000, dtype="f4").reshape(3, 40, 50)
    )
    summary = summarize(open_source(array), bins=32, threads=2)
    assert len(summary.histogram) == 32
    assert sum(summary.histogram) == summary.finite_count
    expected = np.histogram(finite(array), 32)[0]
    assert np.abs(np.cumsum(summary.histogram) - np.cumsum(expected)).max() <= 1


@pytest.mark.parametrize("values", [(-1.7e308, 1.7e308), (0.0, 5e-324), (7.0, 7.0), (0, 2**63 - 1)])
def test_a_histogram_takes_any_range(values):
    summary = summarize(open_source(np.array([values])), bins=4)
    assert sum(summary.histogram) == 2
    assert summary.histogram[0] >= 1


def test_percentiles_out_of_range_are_refused():
    for q in (-1, 100.1, float("nan")):
        with pytest.raises(OptionError, match="allowed are numbers from 0 to 100"):
            Statistics(np.float32, (q,))
    with pytest.raises(OptionError, match="was not counted"):
        Statistics.of(np.zeros(3), (1,)).percentile(2)


def test_a_stream_is_refused_saying_what_to_do():
    source = open_source(iter(np.zeros((3, 4, 5))))
    with pytest.raises(UsageError, match=r"only once.*pass an array or a file"):
        summarize(source)


def test_progress_hears_of_every_frame_of_every_pass():
    heard = []
    summarize(open_source(frames("f4")), (50,), heard.append, batch_bytes=16_000)
    assert sum(heard) == 2 * 5
    assert max(heard) == 2


def test_strided_frames_are_tiled_whole():
    array = np.arange(2 * 300 * 500 * 3, dtype="i4").reshape(2, 300, 500, 3)[..., 1]
    pieces = list(tiles(array, array.dtype))
    assert all(piece.flags.c_contiguous and piece.ndim == 1 for piece in pieces)
    np.testing.assert_array_equal(np.sort(np.concatenate(pieces)), np.sort(array, axis=None))
    assert summarize(open_source(array)).maximum == array.max()


@pytest.mark.parametrize("other", [np.zeros((2, 3, 4)), "depth.npz"])
def test_what_is_no_source_is_refused(other):
    with pytest.raises(UsageError, match=r"source: got .*; allowed is what heatvid.open_source"):
        summarize(other)


def test_zero_below_all_is_the_least_of_halves_whatever_its_sign() -> None:
    for zero in (0.0, -0.0):
        values = np.array([[[zero, 1.0, 2.0]]], np.float16)
        found = summarize(open_source(values), (0,))
        assert (found.minimum, found.maximum, found.percentiles[0]) == (0, 2, 0)


def test_percentiles_are_numpys_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    values, wanted = rng.normal(0, 1e3, (1, 3, 67)), tuple(rng.uniform(0, 100, 400).tolist())
    found = summarize(open_source(values), wanted).percentiles
    assert [found[q] for q in wanted] == np.percentile(values, wanted).tolist()


def test_values_that_change_between_two_passes_are_an_error_that_names_their_file() -> None:
    """As damaged blocks of a file may be decoded to something else each time."""

    class Changing(Source):
        name, length, frame_shape, dtype = "changing.tif", 1, (4, 4), np.dtype(np.float32)
        readings = 0

        def read(self, start: int, count: int, out: Any = None) -> Any:
            self.readings += 1
            return np.full((1, 4, 4), 1.0 if self.readings == 1 else 100.0, np.float32)

    with pytest.raises(SourceError, match=r"^changing\.tif: values change from one reading"):
        summarize(Changing(), (50,))
