// What is shown, kept in the address behind #, so that a link shows what its sender saw.
import { open, page, studies } from "./data.js";

const DEFAULTS = {
  study: "",
  metric: "",
  colour: "",
  panels: "",
  view: "means",
  smooth: "0",
  drag: "zoom",
  logx: false,
  logy: false,
  same: false,
  hidden: {},
  pins: [],
  rows: "",
  columns: "",
  zoom: null,
  brush: null,
  epoch: null,
};

export let state = { ...DEFAULTS };

const one = (value, options, otherwise) => (options.includes(value) ? value : otherwise);
const number = (value) => (Number.isFinite(value) ? value : null);

function given() {
  try {
    return JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}") ?? {};
  } catch {
    return {};
  }
}

/** Two numbers in their order, or null. */
function pair(value) {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isFinite)) return null;
  return value[0] < value[1] ? value : null;
}

function brushOf(value, curves) {
  if (!value || !curves.includes(value.metric)) return null;
  const ends = ["from", "to", "low", "high"].map((end) => [end, number(value[end])]);
  return { metric: value.metric, ...Object.fromEntries(ends) };
}

/** Take the state of the address; of what is not there, or not known, the usual. */
export function readState(asked = given()) {
  open(one(asked.study, studies, studies[0]));
  const names = page.factors.map((f) => f.name);
  const curves = page.curves.map((c) => c.name);
  const usual = ["test_acc", "train_acc"].find((c) => curves.includes(c)) ?? curves[0];
  const ids = new Set(page.runs.map((r) => r.id));
  state = {
    ...DEFAULTS,
    study: page.study,
    metric: one(asked.metric, curves, usual),
    colour: one(asked.colour, ["", ...names], names[0] ?? ""),
    panels: one(asked.panels, ["", ...names], names[1] ?? ""),
    view: one(asked.view, ["means", "runs"], "means"),
    smooth: one(asked.smooth, ["0", "3", "9"], "0"),
    drag: one(asked.drag, ["zoom", "select"], "zoom"),
    logx: asked.logx === true,
    logy: asked.logy === true,
    same: asked.same === true,
    rows: one(asked.rows, names, names[0] ?? ""),
    columns: one(asked.columns, names, names[1] ?? names[0] ?? ""),
    zoom: pair(asked.zoom),
    brush: brushOf(asked.brush, curves),
    epoch: number(asked.epoch),
    hidden: {},
    pins: Array.isArray(asked.pins) ? asked.pins.filter((id) => ids.has(id)) : [],
  };
  for (const factor of page.factors) {
    const off = asked.hidden?.[factor.name];
    if (Array.isArray(off))
      state.hidden[factor.name] = factor.levels.filter((l) => off.includes(l));
  }
}

/** Change the state and the address, and draw nothing. */
export function keep(part) {
  state = { ...state, ...part };
  try {
    const address = `#${encodeURIComponent(JSON.stringify(state))}`;
    history.replaceState(history.state, "", address);
  } catch {
    // A frame in a notebook has no address of its own.
  }
}

let listener = () => {};

/** Have a function called after every change. */
export function onChange(called) {
  listener = called;
}

export function change(part) {
  keep(part);
  listener();
}

/** Keep a run beside the others, or let it go. */
export function pin(id) {
  const others = state.pins.filter((p) => p !== id);
  change({ pins: others.length < state.pins.length ? others : [...state.pins, id] });
}
