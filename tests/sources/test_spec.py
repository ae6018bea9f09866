"""What is opened, as a value that travels; formats by content; and one chooser of arrays."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid._errors import MissingDependencyError, OptionError, SourceError
from heatvid.cli import main
from heatvid.sources import SourceSpec, open_source
from heatvid.sources._formats import Format
from heatvid.sources._keys import PREFERRED, choose_key
from heatvid.sources._packages import demand_package

VALUES = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
OTHERS = {"images": np.zeros((4, 5, 6, 3), "u1"), "conf": VALUES + 1}


def frames_of(spec: SourceSpec) -> Any:
    with spec.open() as source:
        return source.read(0, len(source)).copy()


def test_a_spec_can_be_pickled_and_opens_the_same_frames(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=VALUES, b=VALUES[..., None].repeat(2, 3))
    spec = SourceSpec(
        source=str(tmp_path / "x.npz"), key="b", layout="thwc", channel=1, frames=slice(1, None, 2),
        nodata=33, scale=2, offset=1, flip="vertical",
    )  # fmt: skip
    travelled = pickle.loads(pickle.dumps(spec))
    assert travelled == spec
    wanted = np.where(VALUES == 33, np.nan, VALUES * 2 + 1)[1::2, ::-1]
    np.testing.assert_array_equal(frames_of(travelled), wanted)


@pytest.mark.parametrize(
    ("kind", "none", "kept"),
    [("?", 1, False), ("?", 255, True), ("?", -1, True), ("?", 0.5, True), ("u1", 1, False),
     ("u1", 257, True), ("u1", -255, True), ("i2", 0.5, True), ("f4", 1, False)],
)  # fmt: skip
def test_a_value_that_a_type_does_not_hold_stands_for_nothing(
    kind: str, none: float, kept: bool
) -> None:
    values = (VALUES % 2).astype(kind)
    got = frames_of(SourceSpec(source=values, nodata=none))
    np.testing.assert_array_equal(got, values if kept else np.where(values == none, np.nan, values))


def test_a_spec_is_checked_when_it_is_made() -> None:
    with pytest.raises(OptionError, match="layout is 'XY'"):
        SourceSpec(source="x.npy", layout="XY")
    with pytest.raises(OptionError, match="frames is 'all'"):
        SourceSpec(source="x.npy", frames="all")
    for option, value in {"select": ["level"], "nodata": "x", "scale": 1e999, "flip": "no"}.items():
        with pytest.raises(OptionError, match=f"^{option}: got .*; allowed is"):
            SourceSpec(source="x.npy", **{option: value})
    assert SourceSpec(source="x.h5", select=["a=1", "b=c"]).select == {"a": 1, "b": "c"}


def test_a_file_of_another_name_is_known_by_its_content(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    shutil.move(tmp_path / "x.npy", tmp_path / "x.dump")
    np.testing.assert_array_equal(frames_of(SourceSpec(source=tmp_path / "x.dump")), VALUES)


def test_a_format_without_its_package_says_what_to_install() -> None:
    row = Format("nothing", (".no",), "_nowhere.open", package="a_package_that_is_not_there")
    with pytest.raises(MissingDependencyError, match=r'pip install "heatvid\[sources\]"') as error:
        row.open("x.no")
    assert str(error.value).startswith("x.no: nothing takes the package a_package_that_is_not")
    demand_package("numpy", "x")


# --- which array ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PREFERRED)
def test_the_array_with_a_usual_name_is_shown_and_that_is_said(name: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **OTHERS, **{name: VALUES + 9})
    with open_source(tmp_path / "x.npz") as source:
        np.testing.assert_array_equal(source.read(0, 9), VALUES + 9)
        about = source.about
    assert about.note == f"{tmp_path}/x.npz: shows {name!r}, not 'conf', 'images' (--key)"
    assert f"{name!r} (4, 5, 6) float32" in about.arrays
    assert len(about.arrays) == 3


def choose(*keys: str) -> str:
    return choose_key("x", keys, None, lambda key: (True, "(2, 3)")).key


def test_the_likelier_name_comes_first_and_groups_and_capitals_do_not_matter() -> None:
    assert choose("flow", "mine", "Depth") == "Depth"
    assert choose("a/masks", "out/depth", "b") == "out/depth"
    with pytest.raises(SourceError, match="say which one"):
        choose("a/depth", "b/depth")


def test_a_choice_is_told_once_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "x.npz", conf=VALUES, masks=VALUES, depths=VALUES)
    command = ["render", str(tmp_path / "x.npz"), "--preset", "ultrafast", "-o"]
    assert main([*command, str(tmp_path / "a.mp4")]) == 0
    assert capsys.readouterr().err.count("shows 'depths', not 'conf', 'masks'") == 1
    assert main([*command, str(tmp_path / "b.mp4"), "--key", "depths"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["inspect", str(tmp_path / "x.npz")]) == 0
    assert "'conf' (4, 5, 6) float32\n" in capsys.readouterr().out


def test_places_may_be_selected_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    typed = ["--select", "level=500", "--select", "member=a", "b=2.5"]
    assert main(["render", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.mp4"), *typed]) == 2
    received = "select is {'level': 500, 'member': 'a', 'b': 2.5}; allowed with"
    assert received in capsys.readouterr().err
