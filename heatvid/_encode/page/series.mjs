// Values over time: of a pinned pixel and of a rectangle, read by a decoder of their own.

const PAUSE = 80; // milliseconds between two reports

export class Series {
  constructor(field, track, frames) {
    Object.assign(this, { field, track, frames, turn: 0, pin: null, area: null });
  }

  // Read all frames anew, as far as nothing newer is asked for; `report` is told now and then.
  async read({ pin, area }, report) {
    const turn = ++this.turn;
    this.busy = true;
    const { frames } = this;
    const empty = () => new Float64Array(frames).fill(NaN);
    this.pin = pin && { ...pin, values: empty() };
    this.area = area && { ...area, mean: empty(), min: empty(), max: empty() };
    let told = performance.now();
    for (let k = 0; k < frames && (pin || area); k++) {
      const frame = await this.track.get(k);
      if (turn !== this.turn) return;
      this.take(frame, k);
      if (performance.now() - told < PAUSE) continue;
      told = performance.now();
      report();
    }
    this.busy = false;
    report();
  }

  take(frame, k) {
    if (this.pin) this.pin.values[k] = this.field.valueAt(frame, this.pin.x, this.pin.y);
    if (!this.area) return;
    const { mean, min, max } = this.field.summaryOf(frame, this.area);
    [this.area.mean[k], this.area.min[k], this.area.max[k]] = [mean, min, max];
  }

  // As a table of text, one line a frame.
  csv(rate) {
    const { pin, area } = this;
    const columns = { frame: (k) => k, seconds: (k) => k / rate };
    if (pin) columns[`value at ${pin.x} ${pin.y}`] = (k) => pin.values[k];
    if (area) for (const name of ["mean", "min", "max"]) columns[name] = (k) => area[name][k];
    const lines = [Object.keys(columns)];
    for (let k = 0; k < this.frames; k++) lines.push(Object.values(columns).map((of) => of(k)));
    return lines.map((line) => line.join(",") + "\r\n").join("");
  }
}
