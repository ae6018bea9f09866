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

// Give each control its choices and its work; `set` takes changes of the look.
export function connect({ data, player, set, act }) {
  fill(by("cmap"), data.tables.map(({ name }) => [name, name]));
  fill(by("speed"), SPEEDS.map((speed) => [speed, `${speed}\u00d7`]));
  fill(by("norm"), [...new Set([data.scale.norm.kind, ...KINDS])].map((kind) => [kind, kind]));
  by("speed").value = 1;
  by("scrub").max = player.frames - 1;
  by("scrub").oninput = () => (player.pause(), player.seek(by("scrub").valueAsNumber));
  by("speed").onchange = () => player.setSpeed(Number(by("speed").value));
  by("loop").onclick = () => act.loop();
  for (const name of ["cmap", "norm", "blend"]) by(name).onchange = () => set({ [name]: by(name).value });
  for (const name of ["vmin", "vmax"]) by(name).onchange = () => set({ [name]: by(name).valueAsNumber });
  by("alpha").oninput = () => set({ alpha: by("alpha").valueAsNumber });
  by("smooth").onchange = () => set({ smooth: by("smooth").checked });
  by("bad").oninput = () => set({ bad: by("bad").value });
  for (const [id, work] of Object.entries(act)) if (by(id)) by(id).onclick = work;
  for (const row of document.querySelectorAll("[data-over]")) row.hidden = !data.under;
  for (const row of document.querySelectorAll("[data-limits]")) row.hidden = data.numbered;
  document.addEventListener("keydown", (event) => pressed(event, player, act));
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
  [by("vmin").value, by("vmax").value] = look.limits.map((x) => Number(rounded(x).toPrecision(5)));
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

export function showReading(found, { units, step, labels }) {
  const { value, x, y } = found ?? {};
  const name = labels?.[value];
  const text = found ? `${spelled(value, step)}${units && ` ${units}`}${name ? ` ${name}` : ""}` : "";
  by("value").textContent = text;
  by("where").textContent = found ? `column ${x}, row ${y}` : "Point to read a value. Click to pin it, drag over an area.";
}

export function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
