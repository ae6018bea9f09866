// How the values of one scale are shown, whatever shows them: as it was made, and as it is chosen.

import { allowed, isNumbered, limitOfValue, settled, valueOfLimit } from "./norms.mjs";

export class Look {
  // `fields` are those that have this scale.
  constructor(told, tables, fields) {
    const { norm, limits } = told.scale;
    const own = told.tables.map((i) => tables[i]);
    Object.assign(this, told, { version: 0, fields, tables: own, table: own[0], norm, limits });
    this.numbered = isNumbered(norm);
    this.usual = { ...this };
  }

  set({ cmap, norm, vmin, vmax, bad, ...others }) {
    this.table = this.tables.find(({ name }) => name === cmap) ?? this.table;
    if (norm !== undefined) this.setNorm(norm);
    const wished = [vmin ?? this.limits[0], vmax ?? this.limits[1]];
    if (wished.every(Number.isFinite) && wished[0] <= wished[1]) this.limits = allowed(this.norm, wished);
    if (bad !== undefined) this.bad = typeof bad === "string" ? levelsOf(bad) : bad;
    for (const name of ["alpha", "blend", "smooth"]) if (name in others) this[name] = others[name];
    this.version++;
  }

  // Limits keep the values that they stand for, where these have a place in the other norm.
  setNorm(kind) {
    const { norm, limits } = this.scale;
    const [field] = this.fields;
    const ends = this.limits.map((limit, i) => {
      const value = valueOfLimit(this.norm, limit);
      return Number.isFinite(value) ? value : field.valueOf(i * (field.levels - 1));
    });
    this.norm = kind === norm.kind ? norm : settled({ kind, gamma: 0.5 }, limits);
    this.limits = allowed(this.norm, ends.map((x) => limitOfValue(this.norm, x)));
  }

  reset() {
    Object.assign(this, this.usual, { version: this.version + 1 });
  }
}

function levelsOf(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).concat(255);
}
