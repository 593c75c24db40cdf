// Two factors as a table of the last epoch's mean; a cell leaves only its runs.
import { curveOf, lastOf, page } from "./data.js";
import { button, byId, element, format } from "./dom.js";
import { groupsOf, meanOverSeeds } from "./means.js";
import { chosenRuns, isSelected } from "./selection.js";
import { change, state } from "./state.js";

/** The groups of runs behind the cells, by the places of their levels. */
function cellGroups(curve, factors) {
  const last = (i) => curve.values[lastOf(curve, i)];
  const known = (i) => page.runs[i].outcome === "finished" && !Number.isNaN(last(i));
  const groups = groupsOf(chosenRuns(), factors, known);
  const mean = (group) => meanOverSeeds(group.used, 1, last).mean[0];
  return new Map(groups.map((g) => [g.levels.join(), { ...g, mean: mean(g) }]));
}

function words(cell) {
  const count = (isIt) => cell.all.filter(isIt).length;
  const ended = count((i) => page.runs[i].outcome !== "finished");
  const chosen = count(isSelected);
  const said = Number.isFinite(cell.mean) ? format(cell.mean) : "no mean";
  const notes = [];
  if (ended) notes.push(`${ended} of ${cell.all.length} not finished`);
  if (state.brush) notes.push(`${chosen} of ${cell.all.length} selected`);
  return notes.length ? `${said} (${notes.join(", ")})` : said;
}

/** Draw the table of the state's two factors. */
export async function heatmap() {
  const section = byId("heatmap-section");
  section.hidden = page.factors.length === 0;
  if (section.hidden) return;
  const curve = await curveOf(state.metric);
  const [rows, columns] = [state.rows, state.columns].map((n) =>
    page.factors.findIndex((f) => f.name === n),
  );
  const one = rows === columns;
  const cells = cellGroups(curve, one ? [state.rows] : [state.rows, state.columns]);
  const means = [...cells.values()].map((c) => c.mean).filter(Number.isFinite);
  const ends = [Math.min(...means), Math.max(...means)];
  const into = byId("heatmap");
  into.replaceChildren();
  const table = element("table", undefined, into);
  const head = element("tr", undefined, element("thead", undefined, table));
  element("th", one ? state.rows : `${state.rows} \\ ${state.columns}`, head).scope = "col";
  const tops = one ? [curve.title] : page.factors[columns].levels;
  for (const level of tops) element("th", level, head).scope = "col";
  const body = element("tbody", undefined, table);
  page.factors[rows].levels.forEach((level, r) => {
    const line = element("tr", undefined, body);
    element("th", level, line).scope = "row";
    tops.forEach((_, c) => {
      const cell = cells.get(one ? `${r}` : `${r},${c}`);
      const td = element("td", cell ? undefined : "no run", line);
      td.className = "cell";
      if (!cell) return;
      const only = { [state.rows]: r, ...(one ? {} : { [state.columns]: c }) };
      button(words(cell), td, () => openCell(only)).dataset.runs = cell.all
        .map((i) => page.runs[i].id)
        .join(" ");
      shade(td, cell.mean, ends, curve);
    });
  });
  const unit = curve.unit ? ` (${curve.unit})` : "";
  const bluer = curve.better ? "better" : "higher";
  byId("heat-caption").textContent =
    `${curve.title}${unit} at the last epoch, mean over seeds of runs that finished; ` +
    `bluer is ${bluer}. Choose a cell to see its runs.`;
}

function openCell(only) {
  const hidden = { ...state.hidden };
  for (const [name, place] of Object.entries(only)) {
    const { levels } = page.factors.find((f) => f.name === name);
    hidden[name] = levels.filter((_, i) => i !== place);
  }
  change({ hidden, view: "runs" });
  byId("curves-head").scrollIntoView();
}

function shade(td, mean, [low, high], curve) {
  if (!Number.isFinite(mean)) return;
  const share = high > low ? (mean - low) / (high - low) : 1;
  const good = curve.better === "lower" ? 1 - share : share;
  td.style.background = `color-mix(in srgb, #0072B2 ${Math.round(45 * good)}%, transparent)`;
}
