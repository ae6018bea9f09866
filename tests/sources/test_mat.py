"""MATLAB files of level 5: what MATLAB and SciPy mean by them, what is passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid import SourceError, open_source
from heatvid.cli import main
from tests.support.mat import BY_SCIPY, BY_SCIPY_PACKED, mat, matrix, save_mat, text

VALUES = np.arange(6 * 4 * 5, dtype=np.float32).reshape(6, 4, 5)


def frames(path: Path, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


@pytest.mark.parametrize("content", [BY_SCIPY, BY_SCIPY_PACKED], ids=["plain", "compressed"])
def test_what_scipy_wrote_has_the_axes_of_numpy(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.mat").write_bytes(content)
    wanted = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(frames(tmp_path / "x.mat"), wanted)


@pytest.mark.parametrize("packed", [False, True])
def test_what_matlab_wrote_has_time_last(packed: bool, tmp_path: Path) -> None:
    save_mat(tmp_path / "x.mat", VALUES, packed=packed)
    with open_source(tmp_path / "x.mat") as source:
        for start in (4, 0, 5):
            np.testing.assert_array_equal(source.read(start, 2), VALUES[start : start + 2])


@pytest.mark.parametrize("kind", ["f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"])
@pytest.mark.parametrize("order", "<>")
def test_every_class_of_numbers_comes_back(order: str, kind: str, tmp_path: Path) -> None:
    values = VALUES % 2 == 0 if kind == "?" else VALUES.astype(kind)
    save_mat(tmp_path / "x.mat", values, order=order)
    got = frames(tmp_path / "x.mat")
    assert got.dtype == kind
    np.testing.assert_array_equal(got, values)


def test_what_is_no_array_of_real_numbers_is_passed_over(tmp_path: Path) -> None:
    single = b"\7\0\0\0"  # its class, and no flag
    cells = matrix("c", VALUES).replace(single, b"\1\0\0\0")
    complex_ = matrix("z", VALUES).replace(single, b"\7\x08\0\0")
    others = text("t", "a"), matrix("e", np.zeros((0, 3))), cells, complex_
    (tmp_path / "x.mat").write_bytes(mat(*others, matrix("x", VALUES)))
    with open_source(tmp_path / "x.mat") as source:
        assert source.name == f"{tmp_path}/x.mat[x]"
        assert source.about.arrays == ()


@pytest.mark.parametrize("scipy", [False, True])
def test_score_maps_are_channels_of_one_frame_a_file(
    scipy: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = np.random.default_rng(0).random((12, 16, 18, 4), np.float32)  # as DeepLabCut has them
    for i, one in enumerate(maps):
        path = tmp_path / f"image{i}.mat"
        path.write_bytes(mat(matrix("scoremaps", one), scipy=scipy))
    np.testing.assert_array_equal(frames(tmp_path, channel="max"), maps)
    output = tmp_path / "x.mp4"
    assert main(["render", str(tmp_path), "-o", str(output)]) == 2
    assert "has 4 channels" in capsys.readouterr().err
    assert main(["render", str(tmp_path), "-o", str(output), "--channel", "max"]) == 0


def test_maps_beside_others_of_the_same_frames_are_named_by_patterns_that_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(3):
        save_mat(tmp_path / f"image{i}.mat", VALUES[i])
        save_mat(tmp_path / f"image{i}_locreg.mat", VALUES[i] + 1)
    assert main(["inspect", str(tmp_path)]) == 2
    assert "two series, image*[0-9].mat and image*_locreg.mat; " in capsys.readouterr().err
    for pattern, more in (("image*[0-9].mat", 0), ("image*_locreg.mat", 1)):
        np.testing.assert_array_equal(frames(tmp_path / pattern), VALUES[:3] + more)


def test_a_file_without_real_numbers_says_what_it_holds(tmp_path: Path) -> None:
    single = b"\7\0\0\0"
    struct = matrix("s", VALUES).replace(single, b"\2\0\0\0")
    complex_ = matrix("z", VALUES).replace(single, b"\7\x08\0\0")
    (tmp_path / "x.mat").write_bytes(mat(struct, complex_, matrix("e", np.zeros((0, 3)))))
    words = r"no arrays of real numbers, but 's' \(a struct\), 'z' \(complex\), 'e' \(empty\); al"
    with pytest.raises(SourceError, match=words):
        open_source(tmp_path / "x.mat")


def test_what_matlab_keeps_without_a_name_is_no_array(tmp_path: Path) -> None:
    (tmp_path / "x.mat").write_bytes(mat(matrix("x", VALUES[0]), matrix("", VALUES[0])))
    np.testing.assert_array_equal(frames(tmp_path / "x.mat"), VALUES[:1])
