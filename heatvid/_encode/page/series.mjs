// Values over time: of a pinned pixel and of a rectangle in each field, read by decoders of their own.

const PAUSE = 80; // milliseconds between two reports

export class Series {
  // `tracks` bring the frames of `fields`.
  constructor(fields, tracks, frames) {
    Object.assign(this, { fields, tracks, frames, turn: 0, lines: [] });
  }

  // Read all frames anew, as far as nothing newer is asked for; `report` is told now and then.
  async read({ pin, area }, report) {
    const turn = ++this.turn;
    this.busy = true;
    const { frames } = this;
    const empty = () => new Float64Array(frames).fill(NaN);
    this.lines = this.fields.map((field) => ({
      field,
      pin: pin && { ...field.own(pin), values: empty() },
      area: area && { ...field.own(area), mean: empty(), min: empty(), max: empty() },
    }));
    let told = performance.now();
    for (let k = 0; k < frames && (pin || area); k++) {
      const found = await Promise.all(this.tracks.map((track) => track.get(k)));
      if (turn !== this.turn) return;
      this.lines.forEach((line, i) => take(line, found[i], k));
      if (performance.now() - told < PAUSE) continue;
      told = performance.now();
      report();
    }
    this.busy = false;
    report();
  }

  // As a table of text, one line a frame.
  csv(rate) {
    const columns = [["frame", (k) => k], ["seconds", (k) => k / rate]];
    for (const { field, pin, area } of this.lines) {
      const of = (name) => (field.title ? quoted(`${field.title} ${name}`) : name);
      if (pin) columns.push([of(`value at ${pin.x} ${pin.y}`), (k) => pin.values[k]]);
      if (area) for (const name of ["mean", "min", "max"]) columns.push([of(name), (k) => area[name][k]]);
    }
    const lines = [columns.map(([name]) => name)];
    for (let k = 0; k < this.frames; k++) lines.push(columns.map(([, at]) => at(k)));
    return lines.map((line) => line.join(",") + "\r\n").join("");
  }
}

const quoted = (name) => `"${name.replaceAll(`"`, `""`)}"`; // as CSV has it

function take({ field, pin, area }, frame, k) {
  if (pin) pin.values[k] = field.valueAt(frame, pin.x, pin.y);
  if (area) [area.mean[k], area.min[k], area.max[k]] = field.summaryOf(frame, area);
}
