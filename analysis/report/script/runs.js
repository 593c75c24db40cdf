// The table of all runs: searched, sorted, and as long as asked for; a thousand rows at once
// would take longer than everything else on the page.
import { page } from "./data.js";
import { button, byId, element, onPaper } from "./dom.js";
import { selectedRuns } from "./selection.js";
import { pin } from "./state.js";
import { compareText, sortable } from "./tables.js";

const FIRST = 100;

let rows = [];
let order = [];
let most = FIRST;

const heads = () => [
  "run",
  ...page.factors.map((f) => f.name),
  page.seed.key,
  "outcome",
  "epoch",
  "diagnosis",
  "evidence",
];

/** Begin the table of a study. */
export function runsTable() {
  const table = byId("runs");
  table.replaceChildren();
  const head = element("tr", undefined, element("thead", undefined, table));
  for (const name of heads()) element("th", name, head).scope = "col";
  element("tbody", undefined, table);
  rows = page.runs.map((run) => {
    const levels = page.factors.map((f, k) => f.levels[run.levels[k]]);
    const said = [run.seed_value, run.outcome, run.epoch, run.label, run.evidence].map(String);
    const cells = [run.id.slice(0, 8), ...levels, ...said];
    return { cells, text: cells.join(" ").toLowerCase(), made: null };
  });
  order = rows.map((_, i) => i);
  most = FIRST;
  sortable(table, (column, up) => {
    const text = (i) => rows[i].cells[column];
    order.sort((a, b) => (up ? 1 : -1) * compareText(text(a), text(b)));
    showRuns();
  });
}

function rowOf(i) {
  if (rows[i].made) return rows[i].made;
  const row = element("tr");
  row.dataset.run = page.runs[i].id;
  rows[i].cells.forEach((text, k) => {
    const cell = element("td", k ? text : undefined, row);
    if (!k) button(text, cell, () => pin(page.runs[i].id));
    if (k === rows[i].cells.length - 1) cell.className = "wide";
  });
  rows[i].made = row;
  return row;
}

/** The runs that are selected and found, in the order of the table. */
function found() {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = new Set(selectedRuns());
  return order.filter((i) => chosen.has(i) && words.every((w) => rows[i].text.includes(w)));
}

export function showRuns() {
  const all = found();
  const shown = all.slice(0, onPaper() ? all.length : most);
  byId("runs").tBodies[0].replaceChildren(...shown.map(rowOf));
  const part = shown.length < all.length ? `; the first ${shown.length} are listed` : "";
  byId("runs-caption").textContent = `${all.length} of ${page.runs.length} runs${part}.`;
  byId("more").hidden = shown.length === all.length;
}

export function runsControls() {
  byId("find").addEventListener("input", showRuns);
  byId("more").addEventListener("click", () => {
    most = Infinity;
    showRuns();
  });
}

export const runsCsv = () => [heads(), ...found().map((i) => rows[i].cells)];
