// Values to places on the scale, 0 at the first limit and 1 at the last, and back: as norms.py.

const LINEAR = 1 / (1 - 1 / 10); // of symlog: matplotlib's linscale, 1, to base 10

// Bent numbers of values; places lie evenly on them.
const BENDS = {
  linear: [(x) => x, (y) => y],
  centered: [(x) => x, (y) => y],
  log: [(x) => (x > 0 ? Math.log10(x) : NaN), (y) => 10 ** y],
  inverse: [(x) => (x > 0 ? -1 / x : NaN), (y) => -1 / y],
  sigmoid: [(x) => 1 / (1 + Math.exp(-x)), (y) => Math.log(y / (1 - y))],
  symlog: [symlog, symlogBack],
};
export const KINDS = ["linear", "log", "symlog", "power", "inverse", "sigmoid"];
export const POSITIVE = ["log", "inverse"];
const OF_NUMBERS = ["identity", "labels"];

function symlog(x, { linthresh }) {
  const size = Math.abs(x);
  const far = linthresh * (LINEAR + Math.log10(size / linthresh));
  return Math.sign(x) * (size > linthresh ? far : size * LINEAR);
}

function symlogBack(y, { linthresh }) {
  const size = Math.abs(y);
  const far = linthresh * 10 ** (size / linthresh - LINEAR);
  return Math.sign(y) * (size > linthresh * LINEAR ? far : size / LINEAR);
}

// Whether values are the numbers of colours, which know no limits.
export const isNumbered = (norm) => OF_NUMBERS.includes(norm.kind);

// Whether places between two are those of the values between.
export const isStraight = (norm) => norm.kind === "linear" || norm.kind === "centered";

// A norm with the threshold that it takes of its limits, where it has none.
export function settled(norm, [low, high]) {
  if (norm.kind !== "symlog") return norm;
  const usual = 0.01 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  return { ...norm, linthresh: norm.linthresh || usual };
}

// The bent numbers of the limits; those of a sigmoid are its own numbers.
export function ends(norm, limits) {
  if (norm.kind === "sigmoid") return limits;
  return limits.map((x) => BENDS[norm.kind][0](x, norm));
}

export function place(norm, limits, x) {
  const [low, high] = limits;
  if (norm.kind === "power") {
    const straight = evenly(low, high, x);
    return straight > 0 ? straight ** norm.gamma : straight;
  }
  return evenly(...ends(norm, limits), BENDS[norm.kind][0](x, norm));
}

function evenly(low, high, x) {
  if (high > low) return (x - low) / (high - low);
  if (Number.isNaN(x)) return NaN;
  return x < low ? -1 : x > high ? 2 : 0;
}

export function valueAt(norm, limits, at) {
  const [low, high] = limits;
  if (norm.kind === "power") {
    const straight = at > 0 ? at ** (1 / norm.gamma) : at;
    return low + straight * (high - low);
  }
  const [first, last] = ends(norm, limits);
  return BENDS[norm.kind][1](first + at * (last - first), norm);
}

// Whether places of one norm and limits are even on those of another.
export function areEven(one, oneLimits, other, otherLimits) {
  if (isStraight(one) && isStraight(other)) return true;
  if (one.kind !== other.kind) return false;
  if (one.kind === "symlog") return one.linthresh === other.linthresh;
  const same = oneLimits[0] === otherLimits[0] && oneLimits[1] === otherLimits[1];
  return one.kind !== "power" || (one.gamma === other.gamma && same);
}

// Values that limits stand for, and back: those of a sigmoid are its own numbers.
export const valueOfLimit = (norm, limit) => (norm.kind === "sigmoid" ? BENDS.sigmoid[1](limit) : limit);
export const limitOfValue = (norm, x) => (norm.kind === "sigmoid" ? BENDS.sigmoid[0](x) : x);

// Limits that a norm can have, near those that are wished.
export function allowed(norm, [low, high]) {
  if (!POSITIVE.includes(norm.kind)) return [low, high];
  const last = high > 0 ? high : 1;
  return [low > 0 ? low : last / 1000, last];
}
