// The page's own controls: what they say, and what they are told.

import { KINDS, isStraight } from "./norms.mjs";
import { clockOf } from "./player.mjs";
import { spelled } from "./plots.mjs";

export const by = (id) => document.getElementById(id);
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];

export function say(words) {
  const line = document.createElement("p");
  line.textContent = words;
  by("notices").append(line);
}

function fill(select, choices) {
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
}

// Give each control its work; `set` takes changes of the look.
export function connect({ player, set, act }) {
  fill(by("speed"), SPEEDS.map((speed) => [speed, `${speed}\u00d7`]));
  by("speed").value = 1;
  by("scrub").max = player.frames - 1;
  by("scrub").oninput = () => (player.pause(), player.seek(by("scrub").valueAsNumber));
  by("speed").onchange = () => player.setSpeed(Number(by("speed").value));
  for (const name of ["cmap", "norm", "blend"]) by(name).onchange = () => set({ [name]: by(name).value });
  for (const name of ["vmin", "vmax"]) by(name).onchange = () => set({ [name]: by(name).valueAsNumber });
  by("alpha").oninput = () => set({ alpha: by("alpha").valueAsNumber });
  by("smooth").onchange = () => set({ smooth: by("smooth").checked });
  by("bad").oninput = () => set({ bad: by("bad").value });
  for (const [id, work] of Object.entries(act)) if (by(id)) by(id).onclick = work;
  document.addEventListener("keydown", (event) => pressed(event, player, act));
}

// Let one of several looks be chosen; `choose` takes its number.
export function offerLooks(looks, choose) {
  fill(by("which"), looks.map(({ title }, i) => [i, title]));
  by("which").onchange = () => choose(looks[by("which").value]);
  by("which").parentNode.hidden = looks.length < 2;
}

// Give the controls the choices that a look has.
export function offer(look, number) {
  by("which").value = number;
  fill(by("cmap"), look.tables.map(({ name }) => [name, name]));
  fill(by("norm"), [...new Set([look.scale.norm.kind, ...KINDS])].map((kind) => [kind, kind]));
  for (const row of document.querySelectorAll("[data-over]")) row.hidden = !look.over;
  for (const row of document.querySelectorAll("[data-limits]")) row.hidden = look.numbered;
}

function pressed(event, player, act) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches("input:not([type=range]), select")) return;
  const far = event.shiftKey ? 10 : 1;
  const keys = {
    " ": () => !target.matches("button") && act.play(),
    ArrowLeft: () => player.step(-far),
    ArrowRight: () => player.step(far),
    Home: () => player.step(-player.frames),
    End: () => player.step(player.frames),
    "[": () => act.narrow(1, -1),
    "]": () => act.narrow(1, 1),
    "{": () => act.narrow(0, -1),
    "}": () => act.narrow(0, 1),
    f: act.full,
    l: act.loop,
    p: act.png,
    r: act.reset,
    Escape: act.clear,
  };
  if (!keys[event.key] || (event.key === " " && target.matches("button"))) return;
  event.preventDefault();
  keys[event.key]();
}

export function showLook(look) {
  by("cmap").value = look.table.name;
  by("norm").value = look.norm.kind;
  const fine = isStraight(look.norm) ? (look.limits[1] - look.limits[0]) / 1e5 : 0; // worth showing
  const rounded = (x) => (fine ? Math.round(x / fine) * fine : x);
  [by("vmin").value, by("vmax").value] = look.limits.map((x) => spelled(rounded(x)));
  by("alpha").value = look.alpha;
  by("blend").value = look.blend;
  by("smooth").checked = look.smooth;
  const [red, green, blue] = look.bad ?? look.table.rows.slice(-4);
  by("bad").value = `#${[red, green, blue].map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

export function showFrame(k, rate, frames, label) {
  by("scrub").value = k;
  by("clock").textContent = `${clockOf(k, rate)}  ${k + 1} / ${frames}${label ? `  ${label}` : ""}`;
}

// What fields have at a pixel of one of them; nothing without one.
export function showReading(pixel, readings) {
  by("value").textContent = readings.map(worded).join(" \u00b7 ");
  by("where").textContent = pixel ? `column ${pixel.x}, row ${pixel.y}` : "Point to read a value. Click to pin it, drag over an area.";
}

const worded = ([{ title, units, step, labels }, value]) =>
  [title, spelled(value, step), units, labels[value]].filter(Boolean).join(" ");

export function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
