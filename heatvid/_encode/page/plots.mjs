// Drawing on small canvases: sharp on every screen, in the page's own colours.

// A pen for a canvas of its size on the screen, and what the style says.
export function penOf(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const sharp = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  const style = getComputedStyle(canvas);
  pen.font = `11px ${style.fontFamily}`;
  return { pen, width, height, ink: (name) => style.getPropertyValue(`--${name}`).trim() };
}

// Round numbers between two, about `count` of them, and two at least: one alone is no scale.
export function ticksBetween(low, high, count = 4) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = 10 ** Math.floor(Math.log10(span / count));
  const step = rough * ([1, 2, 5].find((each) => span / (rough * each) <= count) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  if (last <= first) return ticksBetween(low, high, 2 * count);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// A number with as many digits as a step of that size is worth.
export function spelled(value, step = 0) {
  if (value === Infinity) return "over";
  if (value === -Infinity) return "under";
  if (Number.isNaN(value)) return "none";
  const size = Math.max(Math.abs(value), 1e-300);
  const digits = step > 0 ? Math.ceil(Math.log10(size / step)) + 1 : 5;
  const shown = value.toPrecision(Math.min(9, Math.max(2, digits)));
  const number = Number(shown);
  return value && (size < 1e-4 || size >= 1e6) ? number.toExponential() : String(number);
}

const LEFT = 52;
const FOOT = 16;

// Lines over the frames: each of `series` has `values`, a colour and maybe a `band` of two more.
export function drawSeries(canvas, { series, frames, frame, rate }) {
  const { pen, width, height, ink } = penOf(canvas);
  const finite = series.flatMap((one) => [one.values, ...(one.band ?? [])]).flatMap((each) => extent(each));
  let [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const x = (k) => LEFT + ((width - LEFT - 8) * k) / Math.max(1, frames - 1);
  const y = (value) => 8 + (height - FOOT - 14) * (1 - (value - low) / (high - low));
  pen.textBaseline = "middle";
  for (const tick of ticksBetween(low, high)) {
    line(pen, ink("hair"), [[LEFT, y(tick)], [width - 8, y(tick)]]);
    pen.fillStyle = ink("quiet");
    pen.textAlign = "right";
    pen.fillText(spelled(tick), LEFT - 8, y(tick));
  }
  pen.textAlign = "center";
  for (const second of ticksBetween(0, (frames - 1) / rate, 6)) {
    pen.fillText(`${second} s`, Math.min(width - 14, x(second * rate)), height - 6);
  }
  for (const { values, band, color } of series) {
    if (band) fillBetween(pen, ink(color), band, x, y);
    pen.lineWidth = 1.5;
    line(pen, ink(color), [...values].map((value, k) => [x(k), y(value)]));
  }
  pen.lineWidth = 1;
  line(pen, ink("text"), [[x(frame), 4], [x(frame), height - FOOT]]);
  return { frameAt: (at) => Math.round(((at - LEFT) / (width - LEFT - 8)) * (frames - 1)) };
}

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return [low, high].filter(Number.isFinite);
}

// A line through points, broken where there is none.
function line(pen, color, points) {
  pen.strokeStyle = color;
  pen.beginPath();
  let broken = true;
  for (const [x, y] of points) {
    if (Number.isFinite(y)) broken ? pen.moveTo(x, y) : pen.lineTo(x, y);
    broken = !Number.isFinite(y);
  }
  pen.stroke();
}

function fillBetween(pen, color, [low, high], x, y) {
  const known = [...low.keys()].filter((k) => Number.isFinite(low[k]));
  pen.fillStyle = color;
  pen.globalAlpha = 0.18;
  pen.beginPath();
  for (const k of known) pen.lineTo(x(k), y(high[k]));
  for (const k of known.reverse()) pen.lineTo(x(k), y(low[k]));
  pen.fill();
  pen.globalAlpha = 1;
}

export function drawHistogram(canvas, counts) {
  const { pen, width, height, ink } = penOf(canvas);
  const most = Math.max(1, ...counts);
  pen.fillStyle = ink("quiet");
  counts.forEach((count, i) => {
    const tall = count ? Math.max(1, (height - 2) * Math.sqrt(count / most)) : 0;
    pen.fillRect((i * width) / counts.length, height - tall, width / counts.length + 0.3, tall);
  });
}
