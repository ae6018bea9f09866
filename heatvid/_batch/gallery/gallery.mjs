// Opens the sheet: reads what the page is told, lays cards, and listens.

import { turnTheme } from "../../_encode/page/theme.mjs";
import { Card, make } from "./card.mjs";
import { Compare } from "./compare.mjs";
import { KEYS, STATES, listed } from "./listing.mjs";
import { isShown } from "./moving.mjs";
import { batchInWords, keyInWords } from "./words.mjs";

const AHEAD = "600px"; // around the screen: cards there have their pictures
const ZOOM = { usual: 200, step: 20 };
const MOST_CHOSEN = 16;

const get = (id) => document.getElementById(id);

class Sheet {
  constructor(jobs) {
    this.jobs = jobs;
    this.wish = { query: "", state: "all", sort: "order", turned: false };
    this.compare = new Compare(document);
    const acts = { open: (card) => this.show([card]), choose: (card, chosen) => this.choose(card, chosen) };
    this.cards = jobs.map((job, place) => new Card(job, place, acts));
    this.owners = new Map(this.cards.map((card) => [card.element, card]));
    this.chosen = new Set();
    this.watch();
    this.connect();
    this.list();
  }

  // Fill cards that come near, and let go what those that leave have loaded.
  watch() {
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = this.owners.get(target);
        if (isIntersecting) card.fill();
        else card.release();
      }
    }, { rootMargin: AHEAD });
    for (const { element } of this.cards) seen.observe(element);
  }

  connect() {
    const { wish } = this;
    get("sort").replaceChildren(...Object.entries(KEYS).map(([key, { label }]) => new Option(label, key)));
    get("search").oninput = () => this.set({ query: get("search").value.trim() });
    get("sort").onchange = () => this.set({ sort: get("sort").value });
    get("turn").onclick = () => this.set({ turned: !wish.turned });
    get("all").onclick = () => this.set({ query: (get("search").value = ""), state: "all" });
    get("zoom").oninput = () => this.zoom(get("zoom").valueAsNumber);
    get("theme").onclick = turnTheme;
    get("compare").onclick = () => this.show([...this.chosen]);
    get("clear").onclick = () => this.clear();
    get("states").append(...this.stateButtons());
    get("sheet").addEventListener("focusin", ({ target }) => this.hold(this.owners.get(target.closest(".card"))));
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.zoom(ZOOM.usual);
  }

  stateButtons() {
    const counted = Object.entries(STATES).map(([state, { label, has }]) => [state, label, this.jobs.filter(has).length]);
    return counted.filter(([state, , count]) => state === "all" || (count && count < this.jobs.length)).map(([state, label, count]) => {
      const onclick = () => this.set({ state });
      return make("button", { className: `state ${state}`, onclick, value: state }, `${label} `, make("span", { textContent: count }));
    });
  }

  set(changes) {
    Object.assign(this.wish, changes);
    this.list();
  }

  // Lay the cards that are wished for.
  list() {
    const { wish } = this;
    this.shown = listed(this.jobs, wish).map((place) => this.cards[place]);
    for (const card of this.cards) card.release();
    for (const card of this.shown) card.tellKey(keyInWords(wish.sort, KEYS[wish.sort].of(card.job, card.place)));
    get("sheet").replaceChildren(...this.shown.map(({ element }) => element));
    get("empty").hidden = this.shown.length > 0;
    get("found").textContent = this.shown.length < this.jobs.length ? `${this.shown.length} of ${this.jobs.length}` : "";
    get("turn").setAttribute("aria-pressed", String(wish.turned));
    for (const button of get("states").children) button.setAttribute("aria-pressed", String(button.value === wish.state));
    this.hold(this.shown.includes(this.held) ? this.held : this.shown[0]);
  }

  // The one card that a tabulator reaches.
  hold(card) {
    if (this.held) this.held.element.tabIndex = -1;
    this.held = card ?? null;
    if (card) card.element.tabIndex = 0;
  }

  move(step) {
    const inside = document.activeElement.closest(".card");
    const at = this.shown.indexOf(this.held);
    const card = this.shown[inside ? at + step : Math.max(0, at)];
    card?.element.focus({ preventScroll: true });
    card?.element.scrollIntoView({ block: "nearest" });
  }

  get columns() {
    return getComputedStyle(get("sheet")).gridTemplateColumns.split(" ").length;
  }

  zoom(size) {
    get("zoom").value = size;
    get("sheet").style.setProperty("--card", `${get("zoom").value}px`);
  }

  choose(card, chosen) {
    if (!isShown(card.job)) return;
    const fits = !chosen || this.chosen.size < MOST_CHOSEN;
    if (chosen && fits) this.chosen.add(card);
    else this.chosen.delete(card);
    card.mark(chosen && fits);
    const { size } = this.chosen;
    get("chosen").hidden = size === 0;
    get("count").textContent = `${size} chosen${fits ? "" : ", as many as fit"}`;
  }

  clear() {
    for (const card of [...this.chosen]) this.choose(card, false);
  }

  show(cards) {
    if (!cards.length) return undefined;
    for (const card of this.cards) card.release();
    return this.compare.open(cards.map(({ job }) => job));
  }

  pressed(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || this.compare.isOpen) return;
    if (target.matches("input:not([type=checkbox], [type=range]), select")) {
      if (key === "Escape" || key === "Enter") target.blur();
      return;
    }
    const held = target.closest(".card") && this.held;
    const acts = {
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      ArrowUp: () => this.move(-this.columns),
      ArrowDown: () => this.move(this.columns),
      "/": () => get("search").select(),
      f: () => this.set({ state: this.wish.state === "failed" ? "all" : "failed" }),
      r: () => get("turn").click(),
      t: turnTheme,
      c: () => this.show([...this.chosen]),
      "+": () => this.zoom(get("zoom").valueAsNumber + ZOOM.step),
      "-": () => this.zoom(get("zoom").valueAsNumber - ZOOM.step),
      Escape: () => this.clear(),
      ...(held && { x: () => this.choose(held, !held.chosen) }),
      ...(held && target === held.element && { " ": () => held.toggle(), Enter: () => openOf(held, this) }),
    };
    if (!acts[key] || (target.matches("[type=range]") && key.startsWith("Arrow"))) return;
    event.preventDefault();
    acts[key]();
  }
}

function openOf(card, sheet) {
  if (isShown(card.job)) sheet.show([card]);
  else card.element.querySelector("a.name")?.click();
}

// The shape that most pictures have, for all to have one room.
function shapeOf(jobs) {
  const shapes = jobs.filter(({ width, height }) => width && height).map(({ width, height }) => width / height);
  shapes.sort((a, b) => a - b);
  return Math.min(2.4, Math.max(0.6, shapes[shapes.length >> 1] ?? 1.5));
}

function start() {
  const data = JSON.parse(get("data").textContent);
  document.title = get("title").textContent = data.title || "heatvid";
  get("facts").textContent = batchInWords(data.jobs);
  get("facts").title = `heatvid ${data.heatvid}, written ${data.written}`;
  get("sheet").style.setProperty("--shape", shapeOf(data.jobs));
  return new Sheet(data.jobs);
}

globalThis.gallery = null;
document.addEventListener("DOMContentLoaded", () => (globalThis.gallery = start()));
