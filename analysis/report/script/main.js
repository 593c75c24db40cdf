// Controls and their first values; show() brings everything in line with the state.
import { commands } from "./commands.js";
import { page } from "./data.js";
import { byId, element, saveCsv } from "./dom.js";
import { curvesCsv, drawn, explorer } from "./explorer.js";
import { factorPointer, factors } from "./factors.js";
import { filmControls } from "./films.js";
import { heatmap } from "./heatmap.js";
import { recall, refresh } from "./live.js";
import { pins } from "./pins.js";
import { runsControls, runsCsv, runsTable, showRuns } from "./runs.js";
import { select, selectionForm, showSelection } from "./selection.js";
import { change, onChange, readState, state } from "./state.js";
import { cellsOf, tables } from "./tables.js";

const CHOICES = {
  metric: "metric",
  colour: "colour",
  panels: "panels",
  view: "view",
  smooth: "smooth",
  drag: "drag",
  "heat-rows": "rows",
  "heat-columns": "columns",
};
const SWITCHES = ["logx", "logy"];

function options(id, values, none) {
  const menu = byId(id);
  menu.replaceChildren();
  if (none) element("option", none, menu).value = "";
  for (const [value, text] of values) element("option", text, menu).value = value;
}

function levelChoices() {
  const into = byId("filters");
  into.replaceChildren();
  for (const factor of page.factors) {
    const group = element("fieldset", undefined, into);
    element("legend", factor.name, group);
    for (const level of factor.levels) {
      const label = element("label", undefined, group);
      const box = element("input", undefined, label);
      box.type = "checkbox";
      Object.assign(box.dataset, { factor: factor.name, level });
      label.append(` ${level}`);
      box.addEventListener("change", () => {
        const off = new Set(state.hidden[factor.name] ?? []);
        if (box.checked) off.delete(level);
        else off.add(level);
        change({ hidden: { ...state.hidden, [factor.name]: [...off] } });
      });
    }
  }
}

function controls() {
  for (const [id, key] of Object.entries(CHOICES)) byId(id).value = state[key];
  for (const id of SWITCHES) byId(id).checked = state[id];
  for (const box of document.querySelectorAll("#filters input"))
    box.checked = !state.hidden[box.dataset.factor]?.includes(box.dataset.level);
}

let begun = null;
/** Begin a study: everything that depends on which it is, and not on the state. */
function begin() {
  if (begun === page.study) return;
  begun = page.study;
  const names = page.factors.map((f) => [f.name, f.name]);
  options(
    "metric",
    page.curves.map((c) => [c.name, c.title]),
  );
  options("colour", names, "one colour");
  options("panels", names, "one panel");
  options("heat-rows", names);
  options("heat-columns", names);
  levelChoices();
  byId("pins").replaceChildren();
  runsTable();
  for (const part of document.querySelectorAll(".of-study"))
    part.hidden = part.dataset.study !== page.study;
  if (byId("study")) byId("study").value = page.study;
  const left = page.left_out.join("; ");
  byId("left-out").textContent = left ? `Left out: ${left}.` : "";
}

let turn = Promise.resolve();
async function all() {
  begin();
  controls();
  await select();
  await explorer();
  await heatmap();
  await factors();
  showSelection();
  pins();
  showRuns();
  commands();
  document.body.dataset.ready = "true";
}
function show() {
  turn = turn.then(all);
  return turn;
}

for (const [id, key] of Object.entries(CHOICES))
  byId(id).addEventListener("change", (event) => change({ [key]: event.target.value }));
for (const id of SWITCHES)
  byId(id).addEventListener("change", (event) => change({ [id]: event.target.checked }));
byId("reset").addEventListener("click", () => {
  readState({ study: state.study });
  change({});
});
byId("study")?.addEventListener("change", (event) => {
  readState({ study: event.target.value, metric: state.metric });
  change({});
});
byId("curves-csv").addEventListener("click", () => saveCsv(state.metric, curvesCsv()));
byId("heat-csv").addEventListener("click", () =>
  saveCsv(`${state.metric}-${state.rows}-${state.columns}`, cellsOf(byId("heatmap").firstChild)),
);
byId("runs-csv").addEventListener("click", () => saveCsv("runs", runsCsv()));
addEventListener("hashchange", () => {
  readState();
  show();
});
addEventListener("resize", show);
for (const [event, isPaper] of [
  ["beforeprint", true],
  ["afterprint", false],
])
  addEventListener(event, () => {
    document.documentElement.classList.toggle("paper", isPaper);
    show();
  });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
onChange(show);
selectionForm();
filmControls();
factorPointer();
runsControls();
tables();
readState();
window.sweepscope = { state: () => state, charts: drawn, turn: () => turn };
const restored = recall();
show().then(restored).then(refresh);
