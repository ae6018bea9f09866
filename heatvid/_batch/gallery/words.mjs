// What is said of jobs: numbers with their units, and a histogram as a line.

import { spelled } from "../../_encode/page/plots.mjs";
import { KEYS, STATES, durationOf } from "./listing.mjs";

export function sizeInWords(bytes) {
  const steps = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  for (; bytes >= 999.5 && step < steps.length - 1; step++) bytes /= 1000;
  return `${step && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)}\u00a0${steps[step]}`;
}

export function timeInWords(seconds) {
  if (seconds < 59.95) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)}\u00a0s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function limitsInWords({ limits, units }) {
  if (!limits) return "limits that move";
  const step = Math.abs(limits[1] - limits[0]) / 1000;
  const [low, high] = limits.map((each) => spelled(each, step));
  return `${low} \u2013 ${high}${units && ` ${units}`}`;
}

// Whether a job's histogram spans its limits, so that its ends tell of them.
export function spansLimits({ limits, bars, statistics }) {
  return Boolean(limits && bars?.length && statistics?.low === limits[0] && statistics?.high === limits[1]);
}

// Size, and frames at their rate, each in words that stay on one line.
export function pictureInWords({ width, height, frames, fps }) {
  const size = width ? `${width}\u2009\u00d7\u2009${height}` : "";
  const rate = fps ? `\u00a0@\u00a0${Number(fps.toFixed(2))}\u00a0fps` : "";
  return [size, frames ? `${frames}${rate}` : ""].filter(Boolean);
}

// One line about all of them.
export function batchInWords(jobs) {
  const count = (state) => jobs.filter(STATES[state].has).length;
  const [done, failed, waiting] = ["done", "failed", "waiting"].map(count);
  const sum = (of) => jobs.reduce((total, job) => total + (of(job) || 0), 0);
  return [
    `${done}${done === jobs.length ? "" : ` of ${jobs.length}`} done`,
    failed && `${failed} failed`,
    waiting && `${waiting} waiting: load again to see more`,
    `${timeInWords(sum(durationOf))} of video`,
    sizeInWords(sum(({ bytes }) => bytes)),
  ].filter(Boolean).join(" \u00b7 ");
}

// What jobs are sorted by, on a card; nothing where the card tells it anyway.
export function keyInWords(key, value) {
  if (value === null || ["order", "name", "duration", "bytes"].includes(key)) return "";
  if (key === "took") return `took ${timeInWords(value)}`;
  return `${KEYS[key].label} ${spelled(value, Math.abs(value) / 1000)}`;
}

// A histogram's outline for SVG, `tall` high, one wide each bin.
export function outlineOf(bars, tall) {
  const most = Math.max(1, ...bars);
  const steps = bars.map((bar) => `V${Number((tall * (1 - bar / most)).toFixed(2))}h1`);
  return `M0 ${tall}${steps.join("")}V${tall}z`;
}

// Where a value stands on the histogram, 0 to 1; null outside.
export function placeOf({ low, high }, value) {
  const place = (value - low) / (high - low);
  return value !== null && place >= 0 && place <= 1 ? place : null;
}
