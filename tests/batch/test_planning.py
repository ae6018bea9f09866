"""What a batch takes for its jobs, what it calls their outputs, and what it refuses beforehand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heatvid import OptionError, SourceError
from heatvid._batch.planning import Wanted, demand_writable, plan_jobs, share
from tests.support.videos import numbered

OUT = Wanted(folder="out")


def planned(sources: Any, wanted: Wanted = OUT, **given: Any) -> dict[str, str]:
    """Sources by the outputs that are planned for them."""
    specs, _ = plan_jobs(sources, wanted, given)
    return {spec.output: spec.source for spec in specs}


def folder_of(make: Callable[[int], Any], suffix: str = ".npy", count: int = 3) -> Path:
    folder = Path("many")
    folder.mkdir()
    for i in range(count):
        data = make(i)
        if suffix == ".npy":
            np.save(folder / f"f_{i}.npy", data)
        elif suffix == ".npz":
            np.savez(folder / f"f_{i}.npz", data)
        else:
            Image.fromarray(data).save(folder / f"f_{i}{suffix}")
    return folder


def test_a_pattern_is_a_job_for_each_file_in_natural_order(dumps: list[str]) -> None:
    np.save("dumps/clip_10.npy", numbered())
    assert planned("dumps/*.npy") == {
        f"out/clip_{i}.mp4": f"dumps/clip_{i}.npy" for i in (0, 1, 2, 10)
    }


@pytest.mark.parametrize(
    ("make", "suffix", "jobs"),
    [
        (lambda i: numbered(4), ".npy", 3),  # of three axes each: sequences
        (lambda i: numbered(1)[0], ".npy", 1),  # of two: frames
        (lambda i: numbered(1)[0], ".npz", 3),
        (lambda i: np.full((4, 4), i, np.uint8), ".png", 1),
    ],
    ids=["stacks", "frames", "archives", "pictures"],
)
def test_a_folder_is_one_dump_or_holds_some_by_its_content(
    make: Callable[[int], Any], suffix: str, jobs: int
) -> None:
    folder = folder_of(make, suffix)
    specs, notes = plan_jobs([str(folder)], OUT, {})
    assert len(specs) == jobs
    words = "one dump of 3 files" if jobs == 1 else "3 dumps"
    assert [words in note for note in notes] == [True]


def test_a_folder_of_folders_of_frames_is_a_job_for_each() -> None:
    for name in ("a", "b.1"):
        Path("runs", name).mkdir(parents=True)
        Image.new("L", (4, 4)).save(Path("runs", name, "0.png"))
    assert planned("runs") == {"out/a.mp4": "runs/a", "out/b.1.mp4": "runs/b.1"}


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("{stem}.webm", "out/clip.webm"),
        ("{parent}/{stem}_{key}.mp4", "out/dumps/clip_depth.mp4"),
        ("{stem}/%05d.png", "out/clip/%05d.png"),
        ("{{{stem}}}.gif", "out/{clip}.gif"),
    ],
)
def test_outputs_are_named_by_a_pattern(name: str, output: str) -> None:
    Path("dumps").mkdir()
    np.savez("dumps/clip.npz", depth=numbered())
    assert list(planned("dumps/clip.npz", Wanted(folder="out", name=name), key="depth")) == [output]


def test_a_percent_sign_of_a_stem_is_no_number_of_pictures() -> None:
    np.save("50%d.npy", numbered())
    wanted = Wanted(folder="out", name="{stem}_%03d.png")
    assert list(planned("50%d.npy", wanted)) == ["out/50%%d_%03d.png"]


def test_backgrounds_and_masks_are_paired_by_stem(dumps: list[str]) -> None:
    specs, _ = plan_jobs("dumps/*.npy", OUT, {"background": "clips/{stem}.mp4", "alpha_mask":
                                              "{parent}_masks/{stem}.npy"})  # fmt: skip
    assert [spec.options.background for spec in specs] == [f"clips/clip_{i}.mp4" for i in range(3)]
    assert specs[1].options.alpha_mask == "dumps_masks/clip_1.npy"


def csv_of(text: str) -> str:
    Path("jobs.csv").write_text(text)
    return "jobs.csv"


def test_a_manifest_is_a_job_a_row_with_options_as_columns(dumps: list[str]) -> None:
    text = (
        "source,output,cmap,percentiles,vmin,lossless,background\n"
        "dumps/clip_0.npy,a.mkv,magma,1 99,,true,white\n"
        "dumps/clip_1.npy,,,,-1e-3,,\n"
    )
    specs, _ = plan_jobs(csv_of(text), OUT, {"cmap": "turbo"})
    first, second = specs
    assert (first.output, second.output) == ("out/a.mkv", "out/clip_1.mp4")
    assert (first.options.cmap, second.options.cmap) == ("magma", "turbo")
    assert first.options.percentiles == (1, 99)
    assert first.options.lossless
    assert first.options.background == "white"
    assert second.options.vmin == -1e-3


def test_a_manifest_of_json_has_values_of_their_own_kinds_and_paths_from_its_folder() -> None:
    Path("there").mkdir()
    np.save("there/a.npy", numbered())
    rows = [{"source": "a.npy", "label_colors": {"0": "red"}, "norm": "labels", "background": None,
             "output": "b.webm"}]  # fmt: skip
    Path("there/jobs.json").write_text(json.dumps({"jobs": rows}))
    specs, _ = plan_jobs("there/jobs.json", OUT, {})
    assert (specs[0].source, specs[0].output) == ("there/a.npy", "out/b.webm")
    assert specs[0].options.label_colors == {0: "red"}


def test_a_manifest_of_parquet_is_read_where_pyarrow_is_there(dumps: list[str]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"source": dumps[:2], "vmax": [3.0, None]})
    parquet.write_table(table, "jobs.parquet")
    specs, _ = plan_jobs("jobs.parquet", OUT, {})
    assert [spec.options.vmax for spec in specs] == [3.0, None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,cmapp\na.npy,red\n", "jobs.csv, row 1: cmapp: no such option; did you mean"),
        ("source,vmin\na.npy,1\nb.npy,low\n", "jobs.csv, row 2: vmin: got 'low'"),
        ("output\na.mp4\n", "jobs.csv, row 1: has no source"),
        ("source,vmin\na.npy,1,2\n", "jobs.csv, row 1: has more cells"),
        ("source,output\na.npy,a.xyz\n", "row 1: output is out/a.xyz"),
        ("source,gamma\na.npy,2\n", "row 1: gamma: got 2.0; allowed with norm='power' only"),
        ("source\n", "jobs.csv: has no rows"),
    ],
)
def test_what_is_wrong_in_a_manifest_is_told_by_its_row(text: str, words: str) -> None:
    with pytest.raises((OptionError, SourceError)) as caught:
        plan_jobs(csv_of(text), OUT, {})
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\xff"], ids=["cut", "deep", "not UTF-8"])
def test_a_manifest_that_is_damaged_is_said_in_one_line(text: str) -> None:
    Path("jobs.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceError, match=r"^jobs\.json: cannot be read as a manifest: .+$"):
        plan_jobs("jobs.json", OUT, {})


def test_what_pyarrow_raises_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_table(path: str) -> None:
        raise NotImplementedError("a type\nthat it does not read")

    Path("jobs.parquet").write_bytes(b"PAR1")
    parquet = SimpleNamespace(read_table=read_table)
    monkeypatch.setitem(sys.modules, "pyarrow", SimpleNamespace(parquet=parquet))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
    with pytest.raises(SourceError, match=r"manifest: a type that it does not read$"):
        plan_jobs("jobs.parquet", OUT, {})


@pytest.mark.parametrize("name", ["{step}.mp4", "{stem!r}.mp4", "{stem", "{}.mp4"])
def test_a_pattern_of_other_fields_is_refused(name: str, dumps: list[str]) -> None:
    with pytest.raises(OptionError, match=r"allowed are the fields {stem}, {key}, {parent}"):
        plan_jobs("dumps/*.npy", Wanted(folder="out", name=name), {})


def test_two_jobs_with_one_output_are_refused(dumps: list[str]) -> None:
    Path("more").mkdir()
    np.save("more/clip_1.npy", numbered())
    with pytest.raises(OptionError, match=r"is the output of two jobs, of dumps/clip_1\.npy and"):
        plan_jobs(["dumps/*.npy", "more/*.npy"], OUT, {})
    wanted = Wanted(folder="out", name="{parent}/{stem}.mp4")
    assert len(planned(["dumps/*.npy", "more/*.npy"], wanted)) == 4


def test_an_output_that_is_a_source_of_the_batch_is_refused() -> None:
    Path("a.mp4").write_bytes(b"")
    with pytest.raises(OptionError, match="is an output of this batch, and a source"):
        plan_jobs("a.mp4", Wanted(folder=".", name="{stem}.mp4"), {"overwrite": True})


def test_an_output_that_stands_there_is_refused_before_anything_begins(dumps: list[str]) -> None:
    Path("out").mkdir()
    Path("out/clip_1.mp4").write_text("mine")
    specs, _ = plan_jobs("dumps/*.npy", OUT, {})
    with pytest.raises(OptionError, match=r"clip_1\.mp4: exists already; --continue"):
        demand_writable(specs, resume=False)
    with pytest.raises(OptionError, match=r"clip_1\.mp4: exists already; was made by no batch"):
        demand_writable(specs, resume=True)


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_parts_are_disjoint_and_together_all(parts: int, dumps: list[str]) -> None:
    specs, _ = plan_jobs("dumps/*.npy", OUT, {})
    shares = [share(specs[::-1], (i, parts)) for i in range(1, parts + 1)]
    assert sorted(spec.number for each in shares for spec in each) == [0, 1, 2]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nothing.npy", "nothing.npy: no such file or folder"),
        ("none/*.npy", "matches no file"),
        ("empty", "empty: the folder holds no dumps"),
    ],
)
def test_sources_that_are_not_there_are_refused(source: str, words: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(SourceError) as caught:
        plan_jobs(source, OUT, {})
    assert words in str(caught.value)
