"""Short names in the script of a page: they compute the same, and texts and properties stay."""

from __future__ import annotations

import json
import subprocess

import pytest

from heatvid._encode.page import building
from heatvid._encode.page.assembled import script
from heatvid._encode.page.shortened import shortened
from tests.support.node import NODE

needs_node = pytest.mark.skipif(NODE is None, reason="needs node")

# Each name that is declared is written in as many ways as there are.
PROGRAM = """\
"use strict";
const outermost = 3, second = 4;
const [firstOf, ...othersOf] = [5, 6, 7];
function twice(number, usual = outermost) { return number * 2 + usual; }
const halved = (number) => number / 2;
class Kept {
  constructor(counted) { this.counted = counted; Object.assign(this, { outermost }); }
  second = this.outermost + second;
  get doubled() { return twice(this.counted); }
  static made(...several) { return new Kept(several.length); }
  async later(waiting) { return (await waiting) + this.outermost; }
}
const told = {
  twice: 1, halved, second, inner: { outermost: 8 }, method(counted) { return counted; },
};
const { inner: renamed, halved: alias } = told;
const { doubled } = new Kept(9);
const ternary = second ? firstOf : outermost;
let texts = "twice halved " + `${twice(1)} twice ${`${halved(4)} halved`} {outermost}`;
for (const [entry, entries] of Object.entries({ twice: [halved(2)] })) texts += entry + entries;
try { twice.missing.more; } catch (failure) { texts += failure instanceof TypeError; }
const promised = Kept.made(1, 2, 3).later(Promise.resolve(10));
promised.then((found) => console.log(JSON.stringify([
  told.twice, told.halved(6), told.inner.outermost, told.method(11), renamed.outermost, alias(8),
  doubled, new Kept(1).second, ternary, texts, found, othersOf, Object.keys(told),
])));
"""


def said(program: str) -> object:
    done = subprocess.run(
        [NODE or "node", "--input-type=module", "-e", program],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@needs_node
def test_short_names_compute_the_same() -> None:
    short = shortened(PROGRAM)
    assert len(short) < 0.87 * len(PROGRAM)
    assert said(short) == said(PROGRAM)


def test_names_that_are_properties_too_and_texts_stay() -> None:
    source = (
        'const apple={pear:1,plum};let plum=apple.pear;apple.apple(`plum ${apple} "pear`,"apple");'
    )
    wanted = 'const a={pear:1,plum};let plum=a.pear;a.apple(`plum ${a} "pear`,"apple");'
    assert shortened(source) == wanted


def test_no_short_name_is_one_that_is_there() -> None:
    assert shortened("let several=a+b+c;several++") == "let d=a+b+c;d++"


def test_a_shader_keeps_what_it_is_told_by() -> None:
    source = (
        "const code=`#version 300 es\nuniform vec2 place,color;uniform int rows;out vec4 result;\n"
        "vec3 mixed(vec3 own,inout int rows_){\n#if SOFT\nreturn own.rgb;\n#endif\n}\n"
        "void main(){vec3 rgb=mixed(vec3(color,rows),2);result=vec4(rgb.rgb,1e-3);}`;"
    )
    short = shortened(source)
    assert "uniform vec2 place,color;uniform int rows;out vec4 " in short
    assert "#if SOFT\n" in short
    assert "void main(){" in short
    assert ".rgb;" in short
    assert ".rgb,1e-3)" in short
    assert not any(name in short for name in ("mixed", "own", "result", "rows_"))


def test_scripts_may_use_what_is_documented() -> None:
    text = script()
    for name in ("ready", "frames", "frame", "seek", "value", "color", "set"):
        assert any(mark in text for mark in (f"{name}:", f"get {name}()", f".{name}="))
    assert "globalThis.heatvid" in text


def test_spaces_of_texts_stay_and_those_of_code_go(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "export function told (name, kind) {\n  // why\n"
        '  return `a ( ${kind ? `"  ${name . length} , ` : "b ; c"} ; d` + [name, "//  e"];\n}\n'
    )
    monkeypatch.setattr(building, "source", lambda path: source)
    wanted = (
        '"use strict";\nfunction told(name,kind){'
        'return `a ( ${kind?`"  ${name . length} , `:"b ; c"} ; d`+[name,"//  e"]}'
    )
    assert building.script_of(["a.mjs"]) == shortened(wanted)
