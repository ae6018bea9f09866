// Which jobs are listed, and in what order.

export const STATES = {
  all: { label: "All", has: () => true },
  done: { label: "Done", has: ({ state }) => state === "done" || state === "kept" },
  failed: { label: "Failed", has: ({ state }) => state === "failed" || state === "stopped" },
  waiting: { label: "Waiting", has: ({ state }) => state === "waiting" },
};

const statistic = (name) => ({ statistics }) => statistics?.[name] ?? null;
const span = ([low, high]) => high - low;

// What jobs are sorted by: a label, and a value; null where there is none.
export const KEYS = {
  order: { label: "order", of: (_, place) => place },
  name: { label: "name", of: ({ name }) => name },
  minimum: { label: "least value", of: statistic("minimum") },
  mean: { label: "mean", of: statistic("mean") },
  maximum: { label: "largest value", of: statistic("maximum") },
  low: { label: "first limit", of: ({ limits }) => limits?.[0] ?? null },
  high: { label: "last limit", of: ({ limits }) => limits?.[1] ?? null },
  range: { label: "range of limits", of: ({ limits }) => (limits ? span(limits) : null) },
  duration: { label: "duration", of: (job) => durationOf(job) || null },
  frames: { label: "frames", of: ({ frames }) => frames || null },
  rate: { label: "frames a second", of: ({ fps }) => fps || null },
  pixels: { label: "picture size", of: ({ width, height }) => width * height || null },
  bytes: { label: "file size", of: ({ bytes }) => bytes ?? null },
  took: { label: "time it took", of: ({ seconds }) => seconds || null },
};

export function durationOf({ frames, fps }) {
  return fps ? frames / fps : 0;
}

const naturally = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

// Of two values; what has none comes last, whichever way the others go.
export function compared(a, b, way) {
  if (a === null || b === null) return (a === null) - (b === null);
  return way * (typeof a === "string" ? naturally.compare(a, b) : a - b);
}

// Whether a job has every word of a query somewhere in its text.
export function isFound({ name, source, quantity, units, error, warnings }, query) {
  const text = [name, source, quantity, units, error, ...warnings].join("\n").toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

// The places of jobs that are to be shown, in order.
export function listed(jobs, { query = "", state = "all", sort = "order", turned = false }) {
  const { of } = KEYS[sort];
  const way = turned ? -1 : 1;
  const found = [...jobs.keys()].filter((i) => STATES[state].has(jobs[i]) && isFound(jobs[i], query));
  const values = new Map(found.map((i) => [i, of(jobs[i], i)]));
  return found.sort((a, b) => compared(values.get(a), values.get(b), way) || a - b);
}
