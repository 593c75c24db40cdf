// Which runs are shown: those of the chosen levels, and of them those that were selected by value.
import { curveOf, lastOf, page } from "./data.js";
import { byId } from "./dom.js";
import { change, state } from "./state.js";

const isLeft = (run) =>
  page.factors.every((f, k) => !state.hidden[f.name]?.includes(f.levels[run.levels[k]]));

/** The places of the runs that the choice of levels leaves: means are of these. */
export function chosenRuns() {
  return page.runs.map((_, i) => i).filter((i) => isLeft(page.runs[i]));
}

export const isFiltered = () => Object.values(state.hidden).some((levels) => levels.length > 0);

let selected = null;
/** Is a run one of the selected? A mean of runs that were selected by their result would lie. */
export const isSelected = (i) => selected === null || selected[i] === 1;
export const selectedRuns = () => chosenRuns().filter(isSelected);

/** Find the runs with a value of the selection's curve in its range, at some of its epochs. */
export async function select() {
  const brush = state.brush;
  selected = null;
  if (!brush) return;
  const curve = await curveOf(brush.metric);
  const low = brush.low ?? -Infinity;
  const high = brush.high ?? Infinity;
  const within = (v) => v >= low && v <= high;
  const found = new Uint8Array(page.runs.length);
  for (let i = 0; i < found.length; i++) {
    if (brush.from === null && brush.to === null) {
      found[i] = within(curve.values[lastOf(curve, i)]) ? 1 : 0;
      continue;
    }
    const end = Math.min(brush.to ?? Infinity, curve.epochs - 1);
    for (let e = Math.max(0, Math.ceil(brush.from ?? 0)); e <= end && !found[i]; e++)
      found[i] = within(curve.values[i * curve.epochs + e]) ? 1 : 0;
  }
  selected = found;
}

/** The selection as a form: what was dragged with a pointer can be typed. */
export function selectionForm() {
  const ends = ["from", "to", "low", "high"];
  const typed = (end) => {
    const text = byId(`brush-${end}`).value;
    return text === "" ? null : Number(text);
  };
  for (const end of ends) {
    byId(`brush-${end}`).addEventListener("change", () => {
      const brush = { metric: state.brush?.metric ?? state.metric };
      for (const each of ends) brush[each] = typed(each);
      const none = ends.every((each) => brush[each] === null);
      change(none ? { brush: null } : { brush, view: "runs" });
    });
  }
  byId("brush-clear").addEventListener("click", () => change({ brush: null }));
}

export function showSelection() {
  const brush = state.brush;
  const curve = page.curves.find((c) => c.name === (brush?.metric ?? state.metric));
  byId("brush-metric").textContent = curve.title;
  for (const end of ["from", "to", "low", "high"]) {
    const value = brush?.[end];
    byId(`brush-${end}`).value = value == null ? "" : Number(value.toPrecision(6));
  }
  const n = selectedRuns().length;
  byId("brush-said").textContent = brush
    ? `${n} of ${page.runs.length} runs are selected. Means stay those of all runs of the chosen levels.`
    : "";
  byId("brush-clear").hidden = !brush;
}
