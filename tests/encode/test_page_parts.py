"""A page's parts, without a browser: what it carries, what its modules compute, how it is built."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import heatvid
from heatvid._encode.page.assembled import SCRIPTS, json_text, page_sources, script
from heatvid._encode.page.carried import as_text, blocks
from heatvid._encode.page.chunks import chunks_of
from heatvid._encode.page.planes import Planes
from heatvid._errors import EncoderError
from heatvid._jobs import page
from heatvid._values.limits import Limits
from heatvid._values.norms import Norm
from tests.support.lines import clear_line
from tests.support.node import NODE, PAGE, said_by_node
from tests.support.sinks import no_file_larger_than

needs_node = pytest.mark.skipif(NODE is None, reason="needs node")

# What the standard's windows-1252 makes of a byte, which Python's own leaves out for five of them.
LETTERS = [bytes([i]).decode("windows-1252", "replace") for i in range(256)]
LETTERS = [chr(i) if letter == "\ufffd" else letter for i, letter in enumerate(LETTERS)]


def read_again(data: bytes, *, text: str | None = None) -> bytes:
    """Bytes as the page's own script reads them of its text."""
    text = "".join(LETTERS[byte] for byte in as_text(data)) if text is None else text
    found = said_by_node(
        "carried.mjs", "bytesOf",
        "say(Buffer.from(bytesOf(told.text, told.size, told.check)).toString('base64'));",
        {"text": text, "size": len(data), "check": zlib.crc32(data)},
    )  # fmt: skip
    return base64.b64decode(found)


# --- bytes as text --------------------------------------------------------------------------------


@needs_node
def test_every_pair_of_bytes_comes_back() -> None:
    every = bytes(byte for first in range(256) for second in range(256) for byte in (first, second))
    assert read_again(every) == every


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_text_holds_nothing_that_a_parser_changes(data: bytes) -> None:
    text = as_text(data)
    assert not set(text) & set(b"\0\r<")
    first, *escaped = text.split(b"=")
    assert data == first + b"".join(bytes([(part[0] - 64) % 256]) + part[1:] for part in escaped)


def test_text_takes_little_more_than_its_bytes() -> None:
    data = np.random.default_rng(0).integers(0, 256, 1 << 20, dtype=np.uint8).tobytes()
    assert len(as_text(data)) < 1.018 * len(data)


@needs_node
@pytest.mark.parametrize(
    ("changed", "words"),
    [("ab", "2 bytes where there were 3"), ("abd", "checksum"), ("ab\u4e00", "no bytes")],
)
def test_text_that_was_changed_is_found(changed: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        read_again(b"abc", text=changed)


def test_blocks_tell_their_size_and_checksum() -> None:
    data = bytes(range(256)) * 5
    found = list(blocks(io.BytesIO(data), 1000))
    assert [(size, check) for _, size, check in found] == [
        (len(part), zlib.crc32(part)) for part in (data[:1000], data[1000:])
    ]
    assert b"".join(text for text, _, _ in found) == as_text(data)


# --- chunks ---------------------------------------------------------------------------------------


def test_an_index_tells_where_each_frame_lies_and_which_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    wave = np.sin(np.arange(128) / 9) * np.cos(np.arange(96) / 7)[:, None]
    heatvid.render(
        [np.roll(wave, 2 * k, 1) for k in range(40)], path, preset="medium", limits=(-1, 1)
    )
    found = chunks_of(str(path))
    assert re.fullmatch(r"avc1\.[0-9a-f]{6}", found.codec)
    assert sorted(found.frames) == list(range(40))
    assert found.frames != sorted(found.frames), "frames that are decoded ahead of others"
    data = path.read_bytes()
    for at, size in zip(found.offsets, found.sizes, strict=True):  # whole units of H.264
        while size > 0:
            length = 4 + int.from_bytes(data[at : at + 4], "big")
            at, size = at + length, size - length
        assert size == 0
    assert found.keys[0] == 0


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x08moov", b"no box at all, but some words"])
def test_what_has_no_index_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.mp4").write_bytes(data)
    with pytest.raises(EncoderError, match="no index that can be read"):
        chunks_of(str(tmp_path / "x.mp4"))


# --- planes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("planes", "rows", "height"),
    [
        (Planes(37, 53, 8, False, False), 38, 38),
        (Planes(37, 53, 8, True, False), 48, 96),
        (Planes(32, 53, 16, True, True), 32, 96),
    ],
)
def test_no_block_of_a_picture_has_two_planes(planes: Planes, rows: int, height: int) -> None:
    assert (planes.rows, planes.canvas.height, planes.canvas.width) == (rows, height, 54)


# --- modules --------------------------------------------------------------------------------------

NORMS: list[tuple[dict[str, Any], tuple[float, float]]] = [
    ({"kind": "linear"}, (-2.0, 5.0)),
    ({"kind": "log"}, (0.01, 100.0)),
    ({"kind": "inverse"}, (0.5, 50.0)),
    ({"kind": "symlog", "linthresh": 0.3}, (-4.0, 9.0)),
    ({"kind": "power", "gamma": 0.4}, (-1.0, 3.0)),
    ({"kind": "sigmoid"}, (0.1, 0.9)),
]


@needs_node
@pytest.mark.parametrize(("norm", "limits"), NORMS, ids=lambda part: str(part)[:24])
def test_norms_are_those_of_python(norm: dict[str, Any], limits: tuple[float, float]) -> None:
    values = np.concatenate([np.linspace(-12, 12, 101), np.linspace(0.02, 0.9, 40)]).tolist()
    found = said_by_node(
        "norms.mjs", "place, valueAt",
        "say(told.values.map((x) => { const at = place(told.norm, told.limits, x);"
        " return [at, valueAt(told.norm, told.limits, at)]; }));",
        {"norm": norm, "limits": limits, "values": values},
    )  # fmt: skip
    own = Norm(**norm)
    bend = own.bind(Limits(*limits))
    ends = Limits(*limits) if bend is None else bend.ends
    with np.errstate(all="ignore"):
        bent = np.array(values) if bend is None else bend.function(np.array(values))
    wanted = (bent - ends.vmin) / (ends.vmax - ends.vmin)
    places = np.array([np.nan if pair[0] is None else pair[0] for pair in found])
    np.testing.assert_allclose(places, wanted, rtol=1e-9, atol=1e-12)
    known = np.isfinite(wanted)
    back = np.array([np.nan if pair[1] is None else pair[1] for pair in found])
    np.testing.assert_allclose(back[known], np.array(values)[known], rtol=1e-6, atol=1e-9)


@needs_node
def test_numbers_have_as_many_digits_as_their_step() -> None:
    found = said_by_node(
        "plots.mjs", "spelled, ticksBetween",
        "say([spelled(1.23456, 0.01), spelled(0.00012345, 1e-6), spelled(0.000012345),"
        " spelled(1500, 10), spelled(NaN), spelled(Infinity), spelled(0),"
        " ticksBetween(-1.59, 1.59), ticksBetween(0, 0.04), ticksBetween(-4.5, 4.4)]);",
    )  # fmt: skip
    ticks = [[-1, 0, 1], [0, 0.01, 0.02, 0.03, 0.04], [-4, -2, 0, 2, 4]]
    assert found == ["1.235", "0.0001234", "1.2345e-5", "1500", "none", "over", "0", *ticks]


@needs_node
@pytest.mark.parametrize(
    ("speed", "loop", "frames"),
    [(1, True, [0, 5, 10, 30, 5]), (4, True, [0, 20, 0, 0, 20]), (2, False, [0, 10, 20, 39, 39])],
)
def test_playing_goes_by_the_clock(speed: float, loop: bool, frames: list[int]) -> None:
    found = said_by_node(
        "player.mjs", "Player",
        """
        let [now, next] = [0, null];
        Object.defineProperty(globalThis, "performance", { value: { now: () => now } });
        globalThis.requestAnimationFrame = (work) => (next = work);
        const told_ = { frames: 40, rate: 10, show: async () => {}, prefetch: () => {} };
        const player = new Player(told_);
        await player.seek(0);
        player.loop = told.loop;
        player.setSpeed(told.speed);
        player.play();
        const found = [];
        for (const time of [0, 500, 1000, 3000, 4500]) {
          now = time;
          next();
          await new Promise((resolve) => setTimeout(resolve));
          found.push(player.frame);
        }
        say(found);
        """,
        {"speed": speed, "loop": loop},
    )  # fmt: skip
    assert found == frames


@needs_node
def test_tracks_of_a_kind_share_their_memory() -> None:
    found = said_by_node(
        "opening.mjs", "trackOf",
        """
        globalThis.document = {};
        globalThis.VideoDecoder = { isConfigSupported: async () => ({ supported: true }) };
        const video = { bytes: 0, sizes: [1, 1], offsets: [0], keys: [0], description: "" };
        const tracks = await Promise.all([["values", 1], ["values", 4], ["under", 2]].map(
          ([kind, count]) => trackOf(kind, kind, video, 30, count)));
        say(tracks.map((make) => make().kept.most / 2 ** 20));
        """,
    )  # fmt: skip
    assert found == [48, 12, 32]


@needs_node
def test_a_table_of_several_fields_has_their_titles_quoted() -> None:
    found = said_by_node(
        "series.mjs", "Series",
        """
        const series = new Series([], [], 2);
        const line = (title) => ({ field: { title }, pin: { x: 3, y: 4, values: [0.5, NaN] } });
        say([["a", 'b, "c"'], [""]].map((titles) => {
          series.lines = titles.map(line);
          return series.csv(10);
        }));
        """,
    )  # fmt: skip
    assert found == [
        'frame,seconds,"a value at 3 4","b, ""c"" value at 3 4"\r\n'
        "0,0,0.5,0.5\r\n1,0.1,NaN,NaN\r\n",
        "frame,seconds,value at 3 4\r\n0,0,0.5\r\n1,0.1,NaN\r\n",
    ]


@needs_node
@pytest.mark.parametrize("path", sorted(PAGE.glob("*.mjs")), ids=lambda path: path.name)
def test_a_module_is_well_formed(path: Path) -> None:
    subprocess.run([NODE or "node", "--check", path], check=True, capture_output=True)


@needs_node
def test_the_modules_make_one_script(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text(script(), "ascii")
    subprocess.run([NODE or "node", "--check", tmp_path / "page.js"], check=True)


def test_every_module_is_in_the_page_after_those_that_it_uses() -> None:
    assert sorted(SCRIPTS) == sorted(path.stem for path in PAGE.glob("*.mjs"))
    for i, name in enumerate(SCRIPTS):
        text = (PAGE / f"{name}.mjs").read_text()
        assert set(re.findall(r'from "\./(\w+)\.mjs"', text)) <= set(SCRIPTS[:i])
        assert "innerHTML" not in text


def test_the_code_of_a_page_is_small_and_ascii() -> None:
    assert sum(len(part.encode("ascii")) for part in page_sources()) < 60_000


def test_json_holds_no_markup() -> None:
    text = json_text({"name": "</script><!--<b>&amp;", "number": 1.5})
    assert not set("<>&") & set(text)
    with pytest.raises(ValueError, match="JSON"):
        json_text({"number": float("nan")})


# --- the output -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channel": "rgb"}, "channel: got 'rgb'; allowed is one value a pixel in a page"),
        ({"scope": "frame"}, "scope: got 'frame'; allowed is 'sequence' in a page"),
        ({"bits": 16}, "bits: got 16; allowed is 8 in a page, or 16 with exact"),
        ({"bits": 10}, "bits: got 10; allowed is 8 in a page, or 16 with exact"),
        ({"cmaps": "gray, grey_"}, "cmaps: 'grey_' is not in the catalogue"),
        ({"lossless": True}, "lossless: got True; allowed in videos, not in a page"),
        ({"segments": 2}, "segments: got 2; allowed in videos, not in a page"),
        ({"codec": "av1"}, "codec: got 'av1'; allowed in videos, not in a page"),
        ({"resample": "bicubic", "background": np.zeros((4, 4, 3))}, "resample: got 'bicubic'"),
        ({"background": np.zeros((3, 4, 4, 3))}, "background has 3 frames, array has 2"),
    ],
)  # fmt: skip
def test_what_a_page_cannot_show_is_refused_before_it_is_begun(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    shape = (2, 8, 8, 3) if "channel" in options else (2, 8, 8)
    with pytest.raises(heatvid.OptionError, match=re.escape(words)):
        heatvid.render(np.random.default_rng(0).random(shape), tmp_path / "out.html", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_and_an_earlier_page_as_it_was(tmp_path: Path) -> None:
    def frames() -> Any:
        yield from np.zeros((40, 16, 16))
        raise RuntimeError("the model failed")

    path = tmp_path / "out.html"
    for earlier in (False, True):
        if earlier:
            path.write_text("earlier")
        with pytest.raises(RuntimeError, match="the model failed"):
            heatvid.render(frames(), path, limits=(0, 1), overwrite=True)
        assert [each.name for each in tmp_path.iterdir()] == ["out.html"] * earlier
    assert path.read_text() == "earlier"


def test_the_videos_of_a_page_lie_in_the_folder_of_its_parts(tmp_path: Path) -> None:
    def frames() -> Any:
        for frame in np.zeros((3, 8, 8)):
            seen.update(each.name for each in tmp_path.iterdir())
            yield frame

    seen: set[str] = set()
    heatvid.render(frames(), tmp_path / "out.html", limits=(0, 1))
    assert seen == {".out.html.heatvid-part", ".out.html.heatvid-parts"}


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX's limits")
@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("panels", [None, "background,heat"])
def test_a_page_that_the_disk_refuses_is_named(
    tmp_path: Path, part: float, panels: str | None
) -> None:
    field, path = np.random.default_rng(0).random((40, 48, 64)), tmp_path / "out.html"
    options = {"limits": (0, 1), "exact": True, "panels": panels, "overwrite": True,
               "background": np.zeros((40, 48, 64, 3), np.uint8)}  # fmt: skip
    heatvid.render(field, path, **options)
    limit = int(path.stat().st_size * part)
    with no_file_larger_than(limit), pytest.raises(EncoderError) as caught:
        heatvid.render(field, path, **options)
    said = clear_line(caught.value)
    assert said.startswith(f"{path}: ")
    assert "refuses a file this large" in said
    assert ".heatvid-part" not in said
    assert os.listdir(tmp_path) == ["out.html"]


@pytest.mark.parametrize("stage", ["_write_videos", "page_data", "assemble"])
def test_a_page_whose_folder_is_removed_meanwhile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def removing(*given: Any) -> Any:
        shutil.rmtree(tmp_path / "gone")
        return write(*given)

    write = getattr(page, stage)
    monkeypatch.setattr(page, stage, removing)
    path = tmp_path / "gone" / "out.html"
    with pytest.raises(EncoderError, match="its folder has been removed meanwhile") as caught:
        heatvid.render(np.zeros((2, 8, 8)), path)
    assert clear_line(caught.value).startswith(f"{path}: cannot be written: ")


def test_the_same_job_gives_the_same_page(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((5, 20, 30))
    for name in ("a", "b"):
        heatvid.render(field, tmp_path / f"{name}.html", cmap="turbo", background="teal")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_another_output_looks_like_a_page(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((2, 20, 30))
    heatvid.render(field, tmp_path / "a.html", cmap="turbo", limits=(0.1, 0.8), under="red")
    heatvid.render(field, tmp_path / "like.png", like=tmp_path / "a.html", frames="0:1")
    heatvid.render(
        field, tmp_path / "own.png", cmap="turbo", limits=(0.1, 0.8), under="red", frames="0:1"
    )
    like, own = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("like", "own"))
    np.testing.assert_array_equal(like, own)


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html>", "<p>", '<!doctype html>id="data">{"record":{',
        '<!doctype html>id="data">{"record":' + "[" * 100_000,
    ],
    ids=["empty", "text", "cut", "deep"],
)  # fmt: skip
def test_a_page_of_others_says_nothing(tmp_path: Path, page: str) -> None:
    (tmp_path / "other.html").write_text(page)
    with pytest.raises(heatvid.UsageError, match=r"like: .*other\.html"):
        heatvid.render(np.zeros((1, 4, 4)), tmp_path / "o.mp4", like=tmp_path / "other.html")


def test_a_page_is_not_written_frame_by_frame(tmp_path: Path) -> None:
    with pytest.raises(heatvid.OptionError, match=r"allowed is heatvid\.render, which writes it"):
        heatvid.VideoWriter(tmp_path / "out.html")
