"""Statistics that were counted elsewhere, in parts, are those of the whole."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from heatvid._options.options import make_options
from heatvid._statistics.counts import Statistics
from heatvid._statistics.field_limits import LimitsFinder
from heatvid.sources import open_source
from heatvid.sources._selection import Selection

DTYPES = ("bool", "uint8", "int16", "float16", "int32", "float32", "float64", "int64")
values = st.sampled_from(DTYPES).flatmap(
    lambda dtype: npst.arrays(dtype, st.integers(1, 60), elements={"allow_subnormal": True})
)
cuts = st.lists(st.integers(0, 60), max_size=5)


def sent(statistics: Any) -> Any:
    """What arrives in another process."""
    return pickle.loads(pickle.dumps(statistics))


def state(statistics: Statistics) -> dict[str, Any]:
    own = dict(vars(statistics))
    order = own.pop("_order")
    counts = {} if order is None else order._counts
    return {**own, "counts": {prefix: each.tobytes() for prefix, each in counts.items()}}


@given(values, cuts, st.lists(st.floats(0, 100), max_size=3))
def test_parts_counted_apart_are_the_whole_in_each_pass(
    array: Any, places: list[int], percentiles: list[float]
) -> None:
    whole, merged = Statistics(array.dtype, percentiles), Statistics(array.dtype, percentiles)
    more = True
    while more:
        whole.update(array)
        for piece in np.split(array, sorted(places)):
            part = sent(merged.fresh())
            part.update(piece)
            merged.merge(sent(part))
        assert state(merged) == state(whole)
        more = whole.refine()
        assert merged.refine() == more
    assert [merged.percentile(q) for q in percentiles] == [whole.percentile(q) for q in percentiles]


FIELDS: dict[str, dict[str, Any]] = {
    "extremes": {},
    "percentiles": {"percentiles": (3, 88)},
    "log": {"norm": "log"},
    "channels": {"layout": "THWC", "channel": "rgb", "percentiles": (1, 99)},
    "flow": {"layout": "THWC", "channel": "norm", "smooth": 1.0},
}


@pytest.mark.parametrize("field", FIELDS)
def test_limits_merged_from_parts_are_those_of_one_pass(tmp_path: Path, field: str) -> None:
    given = FIELDS[field]
    frames = np.random.default_rng(3).normal(0, 9, (11, 5, 6, 3)).astype(np.float32)
    frames[4, 2, 3, 1] = np.nan
    path = tmp_path / "field.npy"
    np.save(path, frames if "layout" in given else frames[..., 0])
    options = make_options(given)
    asked = {name: given[name] for name in ("layout", "channel") if name in given}
    with open_source(str(path), **asked) as source:
        finder, other = (LimitsFinder(options, source.frame_shape, source.dtype) for _ in range(2))
        each, more = finder.unseen(), True
        while more:
            for part in (range(4), range(4, 5), range(5, 11)):
                apart = sent([own.fresh() for own in each])
                finder.count(Selection(source, part), apart)
                for own, one in zip(each, sent(apart), strict=True):
                    own.merge(one)
            more = bool([own for own in each if own.refine()])
        assert finder.limits_of(each) == other.measure(source)
        assert finder.complete == other.complete
