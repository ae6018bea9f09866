// Opens the page: reads its data, decodes, paints, and gives scripts a hold of it.

import { DamagedError } from "./carried.mjs";
import { by, connect, download, offer, offerLooks, say, showFrame, showLook, showReading } from "./controls.mjs";
import { Look } from "./looks.mjs";
import { painterOf, trackOf } from "./opening.mjs";
import { Player } from "./player.mjs";
import { drawSeries } from "./plots.mjs";
import { Field } from "./readings.mjs";
import { Scale } from "./scale.mjs";
import { Series } from "./series.mjs";
import { Stage } from "./stage.mjs";
import { tableOf } from "./tables.mjs";
import { turnTheme } from "./theme.mjs";
import { Tile, enlarged } from "./tiles.mjs";
import { Track } from "./tracks.mjs";

const AHEAD = 6; // frames that are asked for while another is shown
const COLORS = ["accent", "second", "third", "fourth", "fifth", "sixth"]; // of lines, one a field

class Page {
  constructor(data) {
    this.data = data;
    this.rate = data.fps[0] / data.fps[1];
    const tables = data.tables.map(tableOf);
    this.fields = data.fields.map((told, number) => new Field({ ...told, number, scale: data.looks[told.look].scale }));
    this.looks = data.looks.map((told, i) => new Look(told, tables, this.fields.filter(({ look }) => look === i)));
    this.tiles = data.layout.tiles.map((told) => new Tile(told, this.fields, this.looks));
    this.layout = { ...data.layout, tiles: this.tiles };
  }

  async open() {
    const { data, fields, layout } = this;
    const values = await this.tracksOf("values");
    this.values = values.map((make) => make());
    this.under = (await this.tracksOf("under")).map((make) => make());
    this.painter = painterOf(layout);
    this.fit();
    this.series = new Series(fields, values.map((make) => make()), data.frames);
    this.player = new Player({
      frames: data.frames,
      rate: this.rate,
      show: (k) => this.show(k),
      prefetch: (k) => this.prefetch(k),
    });
    this.stage = new Stage(by("stage"), layout);
    this.listen();
    offerLooks(this.looks, (look) => this.choose(look));
    this.choose(this.looks[0]);
    await this.player.seek(0);
    by("loading").remove();
    document.body.classList.remove("opening");
    this.redraw();
  }

  tracksOf(kind) {
    const named = Object.entries(this.data.videos).filter(([name]) => name.startsWith(kind));
    return Promise.all(named.map(([name, told]) => trackOf(kind, name, told, this.rate, named.length)));
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
      reset: () => (this.look.reset(), this.set({})),
      clear: () => stage.chosen({ pin: null, area: null }),
      narrow: (which, by) => this.look.numbered || this.scale.nudge(which, by / 50),
      theme: () => (turnTheme(), this.redraw()),
    };
    connect({ player, set: (changes) => this.set(changes), act });
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

  // Let the controls be those of a look.
  choose(look) {
    this.look = look;
    offer(look, this.looks.indexOf(look));
    this.scale = new Scale(by("scale"), look.fields[0], ([vmin, vmax]) => this.set({ vmin, vmax }));
    this.redraw();
  }

  async show(k) {
    const all = (tracks) => Promise.all(tracks.map((track) => track.get(k)));
    [this.frames, this.pictures] = await Promise.all([all(this.values), all(this.under)]);
    this.paint();
  }

  // Fields alone have more pixels where one is smooth; an odd number each, that one is its own.
  fit() {
    const { layout } = this;
    const most = Math.min(9, 1400 / Math.max(layout.width, layout.height));
    const smooth = !this.under.length && this.looks.some((look) => look.smooth);
    const zoom = smooth ? Math.max(1, 2 * Math.floor((most + 1) / 2) - 1) : 1;
    if (zoom !== this.zoom) this.painter.fit(enlarged(layout, zoom));
    this.zoom = zoom;
  }

  prefetch(k) {
    for (let next = k; next < Math.min(k + AHEAD, this.data.frames); next++) {
      for (const track of [...this.values, ...this.under]) {
        if (!track.has(next) && track instanceof Track) track.get(next).catch(() => {});
      }
    }
  }

  paint() {
    this.painter.paint(this.frames, this.pictures);
  }

  shown() {
    const k = this.player.frame;
    showFrame(k, this.rate, this.data.frames, this.data.times?.[k]);
    this.readHovered();
    this.drawCounts();
    this.drawPlot();
  }

  readHovered() {
    const pixel = this.stage.hovered ?? this.stage.pin;
    const readings = pixel ? this.fields.map((field) => [field, this.value(field, field.own(pixel))]) : [];
    showReading(pixel, readings);
  }

  value(field, { x, y }) {
    return field.contains(x, y) ? field.valueAt(this.frames[field.number], x, y) : undefined;
  }

  async gather() {
    const { pin, area, latest } = this.stage;
    if (latest && latest.tile.look !== this.look) this.choose(latest.tile.look);
    by("csv").disabled = true;
    by("over-time").hidden = !pin && !area;
    this.readHovered();
    await this.series.read({ pin, area }, () => this.drawPlot()).catch((error) => say(error.message));
    by("csv").disabled = this.series.busy;
  }

  drawPlot() {
    if (by("over-time").hidden || !by("plot").clientWidth) return;
    const { player, rate, fields } = this;
    const color = (i, alone) => (fields.length > 1 ? COLORS[i % COLORS.length] : alone);
    const series = this.series.lines.flatMap(({ pin, area }, i) => [
      area && { values: area.mean, band: [area.min, area.max], color: color(i, "second") },
      pin && { values: pin.values, color: color(i, "accent") },
    ]);
    const [{ pin, area }] = this.series.lines;
    this.plotted = drawSeries(by("plot"), { series: series.filter(Boolean), frames: player.frames, frame: player.frame, rate });
    const told = [pin && `column ${pin.x}, row ${pin.y}`, area && `mean, least and largest of ${area.right - area.left} by ${area.bottom - area.top} pixels`];
    const names = fields.map(({ title }, i) => {
      const name = Object.assign(document.createElement("span"), { textContent: title && `${title} ` });
      name.style.color = `var(--${color(i)})`;
      return name;
    });
    by("plotted").replaceChildren(...names, told.filter(Boolean).join("; "));
  }

  set(changes, look = this.look) {
    look.set(changes);
    this.fit();
    this.paint();
    this.redraw();
  }

  redraw() {
    if (!this.frames) return;
    showLook(this.look);
    if (!this.look.numbered) this.scale.draw(this.look, this.look.fields[0].units);
    this.drawCounts();
    this.stage.draw();
    this.drawPlot();
  }

  drawCounts() {
    if (this.look.numbered) return;
    const each = this.look.fields.map((field) => field.histogramOf(this.frames[field.number]));
    this.scale.drawCounts(each.reduce((sum, counts) => sum.map((count, i) => count + counts[i])));
  }

  name() {
    return `${this.data.title.replace(/[^\w.-]+/g, "_") || "heatvid"}-${String(this.player.frame).padStart(5, "0")}`;
  }

  png() {
    this.painter.canvas.toBlob((blob) => download(blob, `${this.name()}.png`));
  }
}

function describe(data) {
  const rate = data.fps[0] / data.fps[1];
  document.title = by("title").textContent = data.title || "heatvid";
  const each = (of) => new Set(data.fields.map(of));
  const sizes = each(({ width, height }) => `${width} \u00d7 ${height}`);
  const about = [...each(({ quantity }) => quantity), ...sizes, `${data.frames} frames`, `${Number(rate.toFixed(3))} fps`, ...each(({ precision }) => precision)];
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
  value: (x, y, panel) => page.value(tileOf(panel).field, { x, y }),
  color: (x, y, panel) => {
    const place = tileOf(panel, page.painter.layout.tiles).cornerOf(x + 0.5, y + 0.5);
    return page.painter.color(...place.map(Math.floor)).slice(0, 3);
  },
  set: ({ panel, ...changes }) => page.set(changes, tileOf(panel).look),
});
function tileOf(panel = 0, tiles = page.tiles) {
  if (tiles[panel]) return tiles[panel];
  throw new RangeError(`panel: got ${panel}; allowed is 0 to ${tiles.length - 1}`);
}
hold.ready = new Promise((resolve, reject) => {
  document.addEventListener("DOMContentLoaded", () => start().then(resolve, reject));
});
hold.ready.catch(explain);
