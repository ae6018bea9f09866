"""Memory of slabs is used again, but never while a view of it is left."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from heatvid import open_source
from heatvid._frames import address_of
from heatvid.sources._reused import ReusedMemory


@pytest.mark.parametrize(
    "view",
    [
        lambda array: array[1:],
        lambda array: array.T[::-1],
        lambda array: array.view(np.uint8)[..., 1:2],
        lambda array: np.asarray(memoryview(array)),
        lambda array: array.reshape(-1)[3:4],
    ],
)
def test_memory_is_used_again_when_the_last_view_is_gone(view) -> None:  # type: ignore[no-untyped-def]
    memory = ReusedMemory(420)
    array = memory.array((5, 7, 3), np.float32)
    place, kept = address_of(array), view(array)
    del array
    assert address_of(memory.array((5, 7, 3), np.float32)) != place
    del kept
    gc.collect()
    again = [memory.array((7, 15), np.uint32), memory.array((4,), ">f4")]
    assert place in map(address_of, again)


def test_arrays_have_the_shape_and_dtype_asked_for() -> None:
    memory = ReusedMemory(160)
    for shape, dtype in [((2, 3), "<f8"), ((4, 1, 5), ">u2"), ((0, 3), "f4"), ((3,), "?")]:
        array = memory.array(shape, dtype)
        assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_little_memory_is_kept_for_later() -> None:
    memory = ReusedMemory(1000)
    held = [memory.array((1000,), "u1") for _ in range(50)]
    del held
    gc.collect()
    assert len(memory._free) == 4


def test_frames_that_are_lent_stay_as_they_are_while_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    values = np.arange(200 * 64 * 65, dtype=np.float32).reshape(200, 64, 65)
    with h5py.File(path, "w") as file:
        packed = file.create_dataset(
            "packed", data=(values % 30_000).astype("i2"), chunks=(8, 64, 65)
        )
        packed.attrs["scale_factor"] = 0.5
        filled = file.create_dataset("filled", data=values, chunks=(8, 64, 65), compression="gzip")
        filled.attrs["_FillValue"] = np.float32(7)
    for key, expected in (
        ("packed", ((values % 30_000) * 0.5).astype(np.float32)),
        ("filled", np.where(values == 7, np.nan, values).astype(np.float32)),
    ):
        with open_source(path, key=key) as source, ThreadPoolExecutor(4) as pool:
            held = list(
                pool.map(lambda start, source=source: source.read(start, 8), range(0, 200, 8))
            )
            for _ in range(2):
                for start in range(0, 200, 8):
                    source.read(start, 5)
            np.testing.assert_array_equal(np.concatenate(held), expected)
