// One job on the sheet: its poster, what is said of it, and its video where it plays.

import { spelled } from "../../_encode/page/plots.mjs";
import { durationOf } from "./listing.mjs";
import { isShown, movingOf } from "./moving.mjs";
import { limitsInWords, outlineOf, pictureInWords, placeOf, sizeInWords, spansLimits, timeInWords } from "./words.mjs";

const TALL = 28; // of a histogram
const PATIENCE = 90; // milliseconds that a pointer stays before a video begins
const SVG = "http://www.w3.org/2000/svg";

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The histogram of a job's values over its scale, with a line where the mean is.
export function histogramOf({ bars, statistics, units, quantity }) {
  if (!bars?.length || !statistics) return null;
  const { low, high, mean, minimum, maximum } = statistics;
  const step = Math.abs(high - low) / 1000;
  const picture = drawn("svg", { class: "bars", viewBox: `0 0 ${bars.length} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    drawn("path", { d: outlineOf(bars, TALL) }));
  const place = placeOf(statistics, mean);
  if (place !== null) picture.append(drawn("path", { class: "mean", d: `M${place * bars.length} 0V${TALL}` }));
  const [least, middle, most] = [minimum, mean, maximum].map((each) => spelled(each ?? NaN, step));
  const title = `${quantity || "values"}${units && ` in ${units}`}: least ${least}, mean ${middle}, largest ${most}`;
  const end = (value) => make("span", { textContent: spelled(value ?? NaN, step) });
  return make("div", { className: "histogram", title }, picture,
    make("div", { className: "ends" }, end(low), make("span", { className: "mid", textContent: `mean ${middle}` }), end(high)));
}

const WHY_NOT = {
  gone: "the file is gone",
  stored: "pictures that browsers do not show",
  page: "a page of its own",
};

const hasEnded = ({ state }) => state === "done" || state === "kept";

export class Card {
  constructor(job, place, { open, choose }) {
    Object.assign(this, { job, place, open, chosen: false, pinned: false, filled: false });
    this.choose = (chosen) => choose(this, chosen);
    this.picture = make("div", { className: "picture" });
    this.box = make("input", { type: "checkbox", title: "Choose (x)", onchange: () => this.choose(this.box.checked) });
    this.box.setAttribute("aria-label", `Choose ${job.name}`);
    this.element = make("article", { className: `card ${job.state}`, tabIndex: -1 },
      this.picture, this.nameOf(), make("div", { className: "about" }, ...this.lines()));
    this.element.setAttribute("aria-label", job.name);
    if (isShown(job)) this.listen();
    if (!job.poster) this.sayInstead();
  }

  sayInstead() {
    const { error, state, kind } = this.job;
    this.picture.classList.add("bare");
    const textContent = error || (hasEnded(this.job) ? WHY_NOT[kind] ?? "" : state);
    this.picture.append(make("p", { className: error ? "error" : "instead", textContent, title: error }));
  }

  nameOf() {
    const { job } = this;
    if (!job.href) return make("p", { className: "name", textContent: job.name, title: job.source });
    if (!isShown(job)) return make("a", { className: "name", textContent: job.name, title: job.source, href: job.href, target: "_blank" });
    return make("button", { className: "name", textContent: job.name, title: `${job.source}\nShow large (enter)`, onclick: () => this.open(this) });
  }

  lines() {
    const { job } = this;
    if (!hasEnded(job)) return [];
    const line = (className, textContent) => make("p", { className, textContent });
    const told = [line("facts", [...pictureInWords(job), job.bytes && sizeInWords(job.bytes)].filter(Boolean).join(" \u00b7 "))];
    if (!spansLimits(job)) told.unshift(line("limits", limitsInWords(job)));
    const of = [job.quantity, job.units && `(${job.units})`].filter(Boolean).join(" ");
    if (of) told.unshift(line("quantity", of));
    const { warnings } = job;
    if (warnings.length) told.push(Object.assign(line("warned", warnings[0]), { title: warnings.join("\n") }));
    return told;
  }

  // Add what is only seen on the screen.
  fill() {
    if (this.filled) return;
    this.filled = true;
    const { job } = this;
    if (job.poster) this.picture.append(make("img", { className: "poster", src: job.poster, alt: "", decoding: "async", draggable: false }));
    if (durationOf(job) && job.kind !== "gone") this.picture.append(make("span", { className: "duration", textContent: timeInWords(durationOf(job)) }));
    if (isShown(job)) this.picture.append(this.box);
    this.box.checked = this.chosen;
    const histogram = histogramOf(job);
    if (histogram) this.element.querySelector(".about").prepend(histogram);
  }

  listen() {
    const { picture } = this;
    picture.classList.add("plays");
    picture.onpointerenter = (event) => {
      if (event.pointerType === "mouse") this.waiting = setTimeout(() => this.play(), PATIENCE);
    };
    picture.onpointerleave = () => {
      clearTimeout(this.waiting);
      if (!this.pinned) this.stop();
    };
    picture.onclick = ({ target }) => {
      if (target !== this.box) this.toggle();
    };
  }

  // Play on, or stop, wherever the pointer is.
  toggle() {
    if (!isShown(this.job)) return;
    this.pinned = !this.pinned;
    if (this.pinned) this.play();
    else this.stop();
  }

  play() {
    clearTimeout(this.waiting);
    if (!this.moving) {
      this.moving = movingOf(this.job);
      this.moving.failed = () => this.tell();
      this.picture.prepend(this.moving.element);
    }
    this.picture.classList.add("playing");
    this.moving.run();
  }

  stop() {
    this.moving?.pause();
    this.picture.classList.remove("playing");
    if (this.job.kind === "moving") this.release();
  }

  tell() {
    this.release();
    if (!this.picture.querySelector(".note")) {
      this.picture.append(make("span", { className: "note", textContent: "This browser does not play it." }));
    }
  }

  // Say what it is sorted by.
  tellKey(words) {
    if (words) this.picture.dataset.key = words;
    else delete this.picture.dataset.key;
  }

  // Let go what was loaded.
  release() {
    clearTimeout(this.waiting);
    this.pinned = false;
    this.picture.classList.remove("playing");
    this.moving?.close();
    this.moving = null;
  }

  mark(chosen) {
    this.chosen = this.box.checked = chosen;
    this.element.classList.toggle("chosen", chosen);
  }
}
