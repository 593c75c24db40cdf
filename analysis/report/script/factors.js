// All factors at once: parallel coordinates, an axis a factor and one of the last value. In a
// level's part of an axis the runs stand by their value, so that no two lines hide each other.
import { curveOf, lastOf, page } from "./data.js";
import { byId, canvasOf, css, format, ink, widthOf } from "./dom.js";
import { penOf } from "./explorer.js";
import { chosenRuns, isSelected } from "./selection.js";
import { change, state } from "./state.js";

const AXES_HEIGHT = 300;
const [TOP, BOTTOM] = [26, 18];
const GAP = 0.25;

let axes = [];
let drag = null;

/** Place of a value between the ends, 0 to 1, on the scale of the curves; NaN of none. */
function scaleOf(values) {
  const of = state.logy ? Math.log10 : (v) => v;
  const there = values.map(of).filter(Number.isFinite);
  const [low, high] = [Math.min(...there), Math.max(...there)];
  const width = high - low || 1;
  return {
    low: state.logy ? 10 ** low : low,
    high: state.logy ? 10 ** high : high,
    place: (v) => (of(v) - low) / width,
    value: (share) => (state.logy ? 10 ** (low + share * width) : low + share * width),
  };
}

/** Draw the lines of all runs that the levels leave; of what is selected, in colour. */
export async function factors() {
  byId("factors-section").hidden = page.factors.length < 2;
  if (page.factors.length < 2) return;
  const curve = await curveOf(state.metric);
  const runs = chosenRuns();
  const value = (i) => curve.values[lastOf(curve, i)];
  const scale = scaleOf(runs.map(value));
  const place = (i) => (Number.isFinite(scale.place(value(i))) ? scale.place(value(i)) : NaN);
  const canvas = byId("factors");
  const width = widthOf(canvas.parentElement);
  const ctx = canvasOf(canvas, width, AXES_HEIGHT);
  const tall = AXES_HEIGHT - TOP - BOTTOM;
  const step = (width - 120) / page.factors.length;
  const slotOf = (f, l) => TOP + (tall * l) / f.levels.length;
  const heightIn = (f, l, share) =>
    slotOf(f, l) + (tall / f.levels.length) * (GAP / 2 + (1 - GAP) * (1 - (share || 0)));
  axes = page.factors.map((f, k) => ({ x: 20 + k * step, factor: f }));
  axes.push({ x: width - 100, scale });
  const names = page.factors.map((f) => f.name);
  const chosen = runs.filter((i) => isSelected(i) && Number.isFinite(place(i)));
  for (const [part, faint] of [
    [state.brush ? runs : [], true],
    [chosen, false],
  ]) {
    ctx.globalAlpha = faint ? 0.5 : Math.max(0.12, Math.min(0.8, 60 / part.length));
    for (const i of part) {
      const share = place(i);
      if (!Number.isFinite(share)) continue;
      ctx.strokeStyle = faint ? css("--grid") : ink(penOf(page.runs[i].levels, names).colour);
      ctx.beginPath();
      page.factors.forEach((f, k) => {
        ctx.lineTo(axes[k].x, heightIn(f, page.runs[i].levels[k], share));
      });
      ctx.lineTo(axes.at(-1).x, TOP + tall * (1 - share));
      ctx.stroke();
    }
  }
  label(ctx, curve, tall, slotOf);
  const missing = runs.length - runs.filter((i) => Number.isFinite(place(i))).length;
  byId("factors-caption").textContent =
    `A line a run, to its last ${curve.title.toLowerCase()}; within a level its height ` +
    `follows the same value.${missing ? ` ${missing} runs have no value there.` : ""}` +
    " Drag along the last axis to select runs by value, or choose a level. The table of runs has the numbers.";
}

function label(ctx, curve, tall, slotOf) {
  ctx.globalAlpha = 1;
  ctx.font = "12px system-ui";
  const halo = (text, x, y) => {
    ctx.strokeStyle = css("--paper");
    ctx.lineWidth = 4;
    ctx.lineJoin = "round";
    ctx.strokeText(text, x, y);
    ctx.fillStyle = css("--ink");
    ctx.fillText(text, x, y);
    ctx.lineWidth = 1;
  };
  const short = (text) => (text.length > 16 ? `${text.slice(0, 15)}…` : text);
  for (const { x, factor, scale } of axes) {
    ctx.strokeStyle = css("--soft");
    ctx.beginPath();
    ctx.moveTo(x, TOP);
    ctx.lineTo(x, TOP + tall);
    ctx.stroke();
    ctx.font = "600 12px system-ui";
    halo(short(factor ? factor.name : curve.title), x - 4, 14);
    ctx.font = "12px system-ui";
    factor?.levels.forEach((level, l) => {
      const off = state.hidden[factor.name]?.includes(level);
      halo(
        off ? `(${short(level)})` : short(level),
        x + 6,
        slotOf(factor, l) + tall / factor.levels.length / 2 + 4,
      );
    });
    if (!scale) continue;
    halo(format(scale.high), x + 6, TOP + 8);
    halo(format(scale.low), x + 6, TOP + tall);
    if (state.brush?.metric !== curve.name) continue;
    const share = (v, end) => Math.min(1, Math.max(0, v == null ? end : scale.place(v)));
    const [low, high] = [share(state.brush.low, 0), share(state.brush.high, 1)];
    ctx.fillStyle = css("--mark");
    ctx.globalAlpha = 0.35;
    ctx.fillRect(x - 5, TOP + tall * (1 - high), 10, tall * (high - low));
    ctx.globalAlpha = 1;
  }
}

/** Have the axes choose levels and select values with a pointer. */
export function factorPointer() {
  const canvas = byId("factors");
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = 1 - (event.clientY - box.top - TOP) / (AXES_HEIGHT - TOP - BOTTOM);
    return { x: event.clientX - box.left, share: Math.min(1, Math.max(0, share)) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    const { x, share } = at(event);
    const away = (axis) => Math.abs(axis.x - x);
    const axis = axes.reduce((best, each) => (away(each) < away(best) ? each : best));
    drag = away(axis) < 40 ? { axis, share } : null;
    if (drag) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const [low, high] = [drag.share, at(event).share].sort((a, b) => a - b);
    const { factor, scale } = drag.axis;
    drag = null;
    if (factor) choose(factor, low, high);
    else if (high - low < 0.02) change({ brush: null });
    else {
      const ends = { low: scale.value(low), high: scale.value(high) };
      change({ brush: { metric: state.metric, from: null, to: null, ...ends }, view: "runs" });
    }
  });
}

/** Leave the levels of a part of an axis; all again where these are all that is left. */
function choose(factor, low, high) {
  const n = factor.levels.length;
  const slot = (share) => Math.min(n - 1, Math.floor((1 - share) * n));
  const off = factor.levels.filter((_, l) => l < slot(high) || l > slot(low));
  const same = off.length === (state.hidden[factor.name]?.length ?? 0);
  change({ hidden: { ...state.hidden, [factor.name]: same ? [] : off } });
}
