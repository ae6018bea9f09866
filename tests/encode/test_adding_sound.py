"""However the sound cannot be added, the output fails in one clear line and leaves nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from heatvid._encode.output_file import OutputFile, temporary_name
from heatvid._errors import EncoderError
from tests.support.fake_ffmpeg import put_fake_ffmpeg
from tests.support.lines import clear_line
from tests.support.sinks import KINDS, kept_output

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's scripts")

[KIND] = [kind for kind in KINDS if kind.name == "mp4 with sound"]
FAULTS = {
    "exit 0": "4 frames were written, and 0 are in the file",
    "exit 1": "ffmpeg exited with code 1 as the sound was added: it gave no reason",
    "echo bad luck >&2; exit 7": "as the sound was added: bad luck",
    "kill -9 $$": "ffmpeg was killed by SIGKILL as the sound was added",
    "echo No space left on device >&2; exit 0": "no space left on device; free some",
    'for last; do :; done; "$REAL" "$@" && head -c 3000 "${last#file:}" >x && cp x "${last#file:}"':
        "4 frames were written, and ",
}  # fmt: skip


@pytest.mark.parametrize("body", FAULTS)
def test_the_step_that_adds_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with kept_output(KIND, tmp_path / "good") as good:
        sink = KIND.start(good, overwrite=True)
        sink.write(KIND.noise(4))
        only_then = f'case "$*" in *"-map 1:a:0"*) {body};; *) exec "$REAL" "$@";; esac'
        put_fake_ffmpeg(tmp_path, monkeypatch, only_then)
        sink._exe = str(tmp_path / "ffmpeg")  # type: ignore[attr-defined]  # of a VideoSink
        with pytest.raises(EncoderError) as caught:
            sink.finish()
        assert FAULTS[body] in clear_line(caught.value, f"{good / KIND.output}: ")


def test_a_step_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_output(KIND, tmp_path / "good") as good:
        monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.3")
        sink = KIND.start(good, overwrite=True)
        sink.write(KIND.noise(4))
        put_fake_ffmpeg(tmp_path, monkeypatch,
             'case "$*" in *"-map 1:a:0"*) sleep 60;; *) exec "$REAL" "$@";; esac')  # fmt: skip
        sink._exe = str(tmp_path / "ffmpeg")  # type: ignore[attr-defined]  # of a VideoSink
        with pytest.raises(EncoderError, match="adding the sound: ffmpeg did not end within 0"):
            sink.finish()


def test_what_a_dead_process_left_beside_an_output_is_removed(tmp_path: Path) -> None:
    for name in ("out.mp4", "o" * 250 + ".mp4"):
        stale = tmp_path / temporary_name(name, "scratch")
        stale.write_bytes(b"pictures")
        output = OutputFile(tmp_path / name, overwrite=False)
        assert not stale.exists()
        assert output.scratch == str(stale)
        output.discard()
        assert os.listdir(tmp_path) == []


def test_sound_that_was_lost_by_copying_is_encoded(tmp_path: Path) -> None:
    sink = KIND.start(tmp_path)
    late = replace(sink.settings.sound, starts=sink.settings.sound.starts + 1)  # type: ignore[type-var,union-attr]
    object.__setattr__(sink.settings, "sound", late)
    sink.write(KIND.noise(30))
    sink.finish()
    assert sink.sound == "aac, encoded anew"
