// Chosen jobs side by side, in step.

import { clockOf } from "../../_encode/page/player.mjs";
import { histogramOf, make } from "./card.mjs";
import { Clock } from "./clock.mjs";
import { durationOf } from "./listing.mjs";
import { movingOf } from "./moving.mjs";
import { limitsInWords, pictureInWords, spansLimits } from "./words.mjs";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const OWN_CLOCK = " \u00b7 plays by itself, not in step";

// Columns in which pictures of some shape are largest in a room.
export function columnsFor(count, aspect, { width, height }) {
  let best = { columns: 1, wide: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const wide = Math.min(width / columns, (height / rows - 90) * aspect);
    if (wide > best.wide) best = { columns, wide };
  }
  return best.columns;
}

export class Compare {
  constructor(page) {
    this.page = page;
    this.dialog = page.getElementById("view");
    const by = (this.by = (id) => page.getElementById(id));
    by("speed").replaceChildren(...SPEEDS.map((speed) => new Option(`${speed}\u00d7`, speed)));
    by("play").onclick = () => this.toggle();
    by("back").onclick = () => this.step(-1);
    by("forward").onclick = () => this.step(1);
    by("close").onclick = () => this.dialog.close();
    by("scrub").oninput = () => this.seek(by("scrub").valueAsNumber);
    by("speed").onchange = () => this.clock.setSpeed(Number(by("speed").value));
    this.dialog.onclose = () => this.end();
    this.dialog.onkeydown = (event) => this.pressed(event);
    new ResizeObserver(() => this.lay()).observe(by("stage"));
  }

  get isOpen() {
    return this.dialog.open;
  }

  open(jobs) {
    this.jobs = jobs;
    this.moving = jobs.map(movingOf);
    this.clock = new Clock({
      seconds: Math.max(...jobs.map(durationOf), 0.001),
      rate: Math.max(...jobs.map(({ fps }) => fps), 1),
      follow: (time, speed) => this.follow(time, speed),
      seek: (time) => this.show(time),
    });
    this.by("scrub").max = this.clock.frames - 1;
    this.by("speed").value = 1;
    this.by("stage").replaceChildren(...jobs.map((job, i) => this.figureOf(job, this.moving[i])));
    this.dialog.classList.toggle("alone", jobs.length === 1);
    this.dialog.showModal();
    this.lay();
    this.by("play").focus();
    return this.play();
  }

  figureOf(job, moving) {
    const { inStep, element } = moving;
    const said = make("span", { className: "facts", textContent: `${pictureInWords(job).join(" \u00b7 ")}${inStep ? "" : OWN_CLOCK}` });
    moving.failed = () => (said.textContent = "This browser does not play it.");
    return make("figure", {}, make("div", { className: "large" }, element),
      make("figcaption", {}, make("a", { className: "name", textContent: job.name, title: job.source, href: job.href, target: "_blank" }),
        make("span", { className: "limits", textContent: spansLimits(job) ? "" : limitsInWords(job) }), said, histogramOf(job)));
  }

  lay() {
    if (!this.isOpen) return;
    const [{ width, height }] = this.jobs;
    const { clientWidth, clientHeight } = this.by("stage");
    const columns = columnsFor(this.jobs.length, width / height || 1, { width: clientWidth, height: clientHeight });
    this.by("stage").style.setProperty("--columns", columns);
  }

  async show(time) {
    await Promise.all(this.moving.map((each) => each.seek(time)));
    this.tell(0);
  }

  follow(time, speed) {
    const ahead = this.moving.filter(({ inStep }) => inStep).map((each) => each.follow(time, speed));
    this.apart = ahead.length > 1 ? Math.max(...ahead) - Math.min(...ahead) : 0;
    this.tell(this.apart);
  }

  // Say which frame it is, and how far apart they are.
  tell(apart) {
    const { clock } = this;
    if (!clock) return;
    const said = this.moving.length > 1 && clock.playing ? `  \u00b1${Math.ceil(500 * apart)} ms` : "";
    this.by("scrub").value = clock.frame;
    this.by("time").textContent = `${clockOf(clock.frame, clock.rate)}  ${clock.frame + 1} / ${clock.frames}${said}`;
  }

  play() {
    const playing = this.clock.play();
    this.turned();
    return playing;
  }

  async toggle() {
    if (!this.clock.playing) return this.play();
    const halted = this.clock.halt();
    this.turned();
    return halted;
  }

  step(count) {
    const shown = this.clock.step(count);
    this.turned();
    return shown;
  }

  seek(k) {
    return this.step(k - this.clock.frame);
  }

  turned() {
    const { playing } = this.clock;
    this.by("play").classList.toggle("playing", playing);
    this.by("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  pressed(event) {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const far = event.shiftKey ? 10 : 1;
    const keys = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(-far),
      ArrowRight: () => this.step(far),
      Home: () => this.seek(0),
      End: () => this.seek(this.clock.frames - 1),
    };
    const isButton = event.key === " " && event.target.matches("button:not(#play)");
    if (!keys[event.key] || isButton) return;
    event.preventDefault();
    keys[event.key]();
  }

  end() {
    this.clock.pause();
    for (const each of this.moving) each.close();
    this.moving = [];
    this.by("stage").replaceChildren();
  }
}
