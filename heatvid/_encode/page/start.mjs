// Opens the page: reads its data, decodes, paints, and gives scripts a hold of it.

import { CanvasPainter } from "./canvas2d.mjs";
import { DamagedError, fileOf } from "./carried.mjs";
import { by, connect, download, say, showFrame, showLook, showReading } from "./controls.mjs";
import { allowed, isNumbered, limitOfValue, settled, valueAt, valueOfLimit } from "./norms.mjs";
import { pictureOf, shownPicture, shownValues, valuesOf } from "./pictures.mjs";
import { Player } from "./player.mjs";
import { drawSeries } from "./plots.mjs";
import { Field } from "./readings.mjs";
import { Scale } from "./scale.mjs";
import { Series } from "./series.mjs";
import { Stage } from "./stage.mjs";
import { tableOf } from "./tables.mjs";
import { turnTheme } from "./theme.mjs";
import { SeekingTrack, Track, indexOf } from "./tracks.mjs";
import { GlPainter } from "./webgl.mjs";

const MIB = 1 << 20;
const AHEAD = 6; // frames that are asked for while another is shown
const USES = {
  values: { take: valuesOf, show: shownValues, most: 48 * MIB },
  under: { take: pictureOf, show: shownPicture, most: 64 * MIB },
};
const wishes = new URLSearchParams(globalThis.location?.search ?? "");

async function trackOf(name, told, rate) {
  const index = indexOf(told);
  const { take, show, most } = USES[name];
  const file = fileOf(name, told.bytes, document);
  const refusal = wishes.has("video") ? "is asked to play" : await Track.refusal(index);
  if (!refusal) return () => new Track(file, index, take, most);
  if (!document.createElement("video").canPlayType(`video/mp4; codecs="${told.codec}"`)) {
    throw new Error(`This browser ${refusal}, and plays no such video either: another one may.`);
  }
  say(`This browser ${refusal}: frames are sought one by one, slowly, and values may be 2 steps off.`);
  return () => new SeekingTrack(file, index, show, most, rate);
}

function painterOf(field, layout, wished) {
  const { width, height } = layout;
  const fresh = () => {
    const canvas = Object.assign(document.createElement("canvas"), { className: "picture", width, height });
    document.querySelector(".picture").replaceWith(canvas);
    return canvas;
  };
  if (wished !== "canvas2d") {
    try {
      return new GlPainter(fresh(), field, layout);
    } catch (error) {
      say(`${error.message}: painting takes longer.`);
    }
  }
  return new CanvasPainter(fresh(), field, layout);
}

class Page {
  constructor(data) {
    this.data = data;
    this.rate = data.fps[0] / data.fps[1];
    this.field = new Field(data);
    this.tables = data.tables.map(tableOf);
    const { looks } = data;
    const first = this.tables.find(({ name }) => name === looks.cmap);
    this.look = { version: 0, ...looks, table: first, norm: data.scale.norm, limits: [...looks.limits] };
    this.usual = { ...this.look };
    this.numbered = data.numbered = isNumbered(data.scale.norm);
    const [low, high] = [0, 1].map((at) => (this.numbered ? at : valueAt(data.scale.norm, data.scale.limits, at)));
    this.words = { units: data.units, step: this.numbered ? 1 : (high - low) / this.field.levels, labels: data.labels };
  }

  async open() {
    const { data, field } = this;
    const { videos } = data;
    const values = await trackOf("values", videos.values, this.rate);
    this.values = values();
    this.under = videos.under ? (await trackOf("under", videos.under, this.rate))() : null;
    this.painter = painterOf(field, data.layout, wishes.has("canvas2d") ? "canvas2d" : "");
    this.fit();
    this.series = new Series(field, values(), data.frames);
    this.player = new Player({
      frames: data.frames,
      rate: this.rate,
      show: (k) => this.show(k),
      prefetch: (k) => this.prefetch(k),
    });
    this.stage = new Stage(by("stage"), field, data.layout);
    this.scale = new Scale(by("scale"), field, ([vmin, vmax]) => this.set({ vmin, vmax }));
    this.listen();
    await this.player.seek(0);
    by("loading").remove();
    document.body.classList.remove("opening");
    this.redraw();
  }

  listen() {
    const { player, stage } = this;
    const act = {
      play: () => player.toggle(),
      back: () => player.step(-1),
      forward: () => player.step(1),
      loop: () => by("loop").setAttribute("aria-pressed", String((player.loop = !player.loop))),
      full: () => (document.fullscreenElement ? document.exitFullscreen() : by("view").requestFullscreen()),
      png: () => this.png(),
      csv: () => download(new Blob([this.series.csv(this.rate)], { type: "text/csv" }), `${this.name()}.csv`),
      reset: () => this.reset(),
      clear: () => stage.chosen({ pin: null, area: null }),
      narrow: (which, by) => this.numbered || this.scale.nudge(which, by / 50),
      theme: () => (turnTheme(), this.redraw()),
    };
    connect({ data: this.data, player, set: (changes) => this.set(changes), act });
    player.addEventListener("shown", () => this.shown());
    player.addEventListener("turned", () => {
      by("play").title = player.playing ? "Pause (space)" : "Play (space)";
      by("play").classList.toggle("playing", player.playing);
    });
    stage.addEventListener("hovered", () => this.readHovered());
    stage.addEventListener("chosen", () => this.gather());
    by("plot").onpointerdown = by("plot").onpointermove = (event) => {
      if (event.buttons) player.pause(), player.seek(this.plotted.frameAt(event.offsetX));
    };
    new ResizeObserver(() => this.redraw()).observe(by("view"));
  }

  async show(k) {
    [this.frame, this.picture] = await Promise.all([this.values.get(k), this.under?.get(k)]);
    this.paint();
  }

  // A field alone has more pixels where it is smooth; an odd number each, that one is its own.
  fit() {
    const { layout, videos } = this.data;
    const most = Math.min(9, 1400 / Math.max(layout.width, layout.height));
    const zoom = this.look.smooth && !videos.under ? Math.max(1, 2 * Math.floor((most + 1) / 2) - 1) : 1;
    if (zoom !== this.zoom) this.painter.fit(zoomed(layout, zoom));
    this.zoom = zoom;
  }

  prefetch(k) {
    for (let next = k; next < Math.min(k + AHEAD, this.data.frames); next++) {
      for (const track of [this.values, this.under]) {
        if (track && !track.has(next) && track instanceof Track) track.get(next).catch(() => {});
      }
    }
  }

  paint() {
    this.painter.paint(this.frame, this.picture, this.look);
  }

  shown() {
    const k = this.player.frame;
    showFrame(k, this.rate, this.data.frames, this.data.times?.[k]);
    this.readHovered();
    if (!this.numbered) this.scale.drawCounts(this.field.histogramOf(this.frame));
    if (!by("over-time").hidden) this.drawPlot();
  }

  readHovered() {
    const pixel = this.stage.hovered ?? this.stage.pin;
    showReading(pixel && { ...pixel, value: this.value(pixel.x, pixel.y) }, this.words);
  }

  value(x, y) {
    return this.field.contains(x, y) ? this.field.valueAt(this.frame, x, y) : undefined;
  }

  async gather() {
    const { pin, area } = this.stage;
    by("csv").disabled = true;
    by("over-time").hidden = !pin && !area;
    this.readHovered();
    await this.series.read({ pin, area }, () => this.drawPlot()).catch((error) => say(error.message));
    by("csv").disabled = this.series.busy;
  }

  drawPlot() {
    const { pin, area } = this.series;
    const series = [];
    if (area) series.push({ values: area.mean, band: [area.min, area.max], color: "second" });
    if (pin) series.push({ values: pin.values, color: "accent" });
    if (series.length && by("plot").clientWidth) {
      const { player, rate } = this;
      this.plotted = drawSeries(by("plot"), { series, frames: player.frames, frame: player.frame, rate });
    }
    const told = [pin && `column ${pin.x}, row ${pin.y}`, area && `mean, least and largest of ${area.right - area.left} by ${area.bottom - area.top} pixels`];
    by("plotted").textContent = told.filter(Boolean).join("; ");
  }

  set(changes) {
    const { look } = this;
    const { cmap, norm, vmin, vmax, bad, ...others } = changes;
    if (cmap !== undefined) look.table = this.tables.find(({ name }) => name === cmap) ?? look.table;
    if (norm !== undefined) this.setNorm(norm);
    const wished = [vmin ?? look.limits[0], vmax ?? look.limits[1]];
    if (wished.every(Number.isFinite) && wished[0] <= wished[1]) look.limits = allowed(look.norm, wished);
    if ("bad" in changes) look.bad = typeof bad === "string" ? levelsOf(bad) : bad;
    for (const name of ["alpha", "blend", "smooth"]) if (name in others) look[name] = others[name];
    look.version++;
    this.fit();
    this.paint();
    this.redraw();
  }

  // Limits keep the values that they stand for, where these have a place in the other norm.
  setNorm(kind) {
    const { look, data, field } = this;
    const { norm, limits } = data.scale;
    const ends = look.limits.map((limit, i) => {
      const value = valueOfLimit(look.norm, limit);
      return Number.isFinite(value) ? value : field.valueOf(i * (field.levels - 1));
    });
    look.norm = kind === norm.kind ? norm : settled({ kind, gamma: 0.5 }, limits);
    look.limits = allowed(look.norm, ends.map((x) => limitOfValue(look.norm, x)));
  }

  reset() {
    Object.assign(this.look, this.usual, { version: this.look.version });
    this.set({});
  }

  redraw() {
    if (!this.frame) return;
    showLook(this.look);
    if (!this.numbered) this.scale.draw(this.look, this.words.units);
    if (!this.numbered) this.scale.drawCounts(this.field.histogramOf(this.frame));
    this.stage.draw();
    if (!by("over-time").hidden) this.drawPlot();
  }

  name() {
    return `${this.data.title.replace(/[^\w.-]+/g, "_") || "heatvid"}-${String(this.player.frame).padStart(5, "0")}`;
  }

  png() {
    this.painter.canvas.toBlob((blob) => download(blob, `${this.name()}.png`));
  }
}

function zoomed(layout, by) {
  const { box, width, height } = layout;
  const larger = Object.fromEntries(Object.entries(box).map(([name, size]) => [name, size * by]));
  return { ...layout, box: larger, width: width * by, height: height * by };
}

function levelsOf(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).concat(255);
}

function describe(data) {
  const rate = data.fps[0] / data.fps[1];
  document.title = by("title").textContent = data.title || "heatvid";
  const about = [data.quantity, `${data.width} \u00d7 ${data.height}`, `${data.frames} frames`, `${Number(rate.toFixed(3))} fps`, data.precision];
  by("facts").textContent = about.filter(Boolean).join(" \u00b7 ");
}

async function start() {
  let data;
  try {
    data = JSON.parse(by("data").textContent);
  } catch {
    throw new DamagedError("its data are cut or changed");
  }
  describe(data);
  page = new Page(data);
  await page.open();
}

function explain(error) {
  const damaged = error instanceof DamagedError;
  const served = document.characterSet === "windows-1252" ? "" : ` It was read as ${document.characterSet}, not as windows-1252: a server may have said so; the file itself may be whole.`;
  const words = damaged ? `This page is damaged: ${error.message}.${served}` : `This page cannot be shown: ${error.message}`;
  const loading = by("loading");
  loading.className = "failed";
  loading.setAttribute("role", "alert");
  loading.textContent = words;
}

// What scripts may use: see README.
let page = null;
const hold = (globalThis.heatvid = {
  get frames() {
    return page.data.frames;
  },
  get frame() {
    return page.player.frame;
  },
  seek: (k) => page.player.seek(k),
  value: (x, y) => page.value(x, y),
  color: (x, y) => page.painter.color(...page.stage.drawnAt(x, y, page.painter.layout)).slice(0, 3),
  set: (changes) => page.set(changes),
});
hold.ready = new Promise((resolve, reject) => {
  document.addEventListener("DOMContentLoaded", () => start().then(resolve, reject));
});
hold.ready.catch(explain);
