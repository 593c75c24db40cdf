// The explorer: which lines stand in which panel, and the sentence that says what is shown.
import { chart, valueRange } from "./chart.js";
import { curveOf, meansOf, page } from "./data.js";
import { byId, element, ink } from "./dom.js";
import { groupsOf, meanOverSeeds } from "./means.js";
import { chosenRuns, isFiltered, selectedRuns } from "./selection.js";
import { state } from "./state.js";

let charts = [];
export const drawn = () => charts;

const told = (text) => {
  byId("live").textContent = text;
};

export const nameOf = (i) =>
  `${page.factors
    .map((f, k) => `${f.name}=${f.levels[page.runs[i].levels[k]]}`)
    .concat(`${page.seed.key}=${page.runs[i].seed_value}`)
    .join(", ")} (${page.runs[i].id.slice(0, 8)})`;

function smoothed(y) {
  const half = (Number(state.smooth) - 1) / 2;
  if (half <= 0) return y;
  return y.map((_, e) => {
    const part = y.slice(Math.max(0, e - half), e + half + 1).filter(Number.isFinite);
    return Number.isFinite(y[e]) ? part.reduce((a, b) => a + b, 0) / part.length : NaN;
  });
}

/** The pen of the factor that has the colours, of levels (places) of named factors. */
export function penOf(levels, names) {
  const k = page.factors.findIndex((f) => f.name === state.colour);
  if (k < 0) return { colour: "#0072B2", dash: [] };
  const level = levels[names.indexOf(state.colour)];
  return { colour: page.factors[k].colours[level], dash: page.factors[k].dashes[level] };
}

/** A run has its whole curve: it finished, and no value is missing. */
function lastsIn(curve) {
  return (i) => {
    if (page.runs[i].outcome !== "finished") return false;
    const end = Math.min(curve.epochs, page.runs[i].epochs + 1);
    for (let e = 0; e < end; e++)
      if (Number.isNaN(curve.values[i * curve.epochs + e])) return false;
    return true;
  };
}

async function meanLines(curve, runs) {
  const factors = [...new Set([state.colour, state.panels].filter(Boolean))];
  const E = curve.epochs;
  const known = isFiltered() ? null : await meansOf(curve.name, factors);
  if (known) {
    const row = (g, k) => known.values.subarray((3 * g + k) * E, (3 * g + k + 1) * E);
    return known.lines.map((line, g) => ({
      levels: line.levels,
      names: known.names,
      n: line.n,
      left: line.left_out,
      y: row(g, 0),
      low: row(g, 1),
      high: row(g, 2),
    }));
  }
  return groupsOf(runs, factors, lastsIn(curve)).map((group) => {
    const value = (i, e) => curve.values[i * E + e];
    const { mean: y, n } = meanOverSeeds(group.used, E, value);
    const left = group.all.length - group.used.length;
    return { levels: group.levels, names: factors, n, left, y };
  });
}

function meanName(line) {
  const of = (n, k) => page.factors.find((f) => f.name === n).levels[line.levels[k]];
  const levels = line.names.map((n, k) => `${n}=${of(n, k)}`).join(", ");
  return `${levels || "all runs"}, mean of ${line.n} seeds`;
}

function runLines(curve, runs, names) {
  const E = curve.epochs;
  return runs.map((i) => ({
    levels: page.runs[i].levels,
    names,
    run: page.runs[i].id,
    name: nameOf(i),
    y: curve.values.subarray(i * E, (i + 1) * E),
  }));
}

/** Draw all panels of the state. */
export async function explorer() {
  const curve = await curveOf(state.metric);
  const names = page.factors.map((f) => f.name);
  const means = state.view === "means";
  const runs = means ? chosenRuns() : selectedRuns();
  const all = means
    ? (await meanLines(curve, runs)).map((line) => ({ ...line, name: meanName(line) }))
    : runLines(curve, runs, names);
  const bands = state.smooth === "0";
  const lines = all.map((line) => ({
    ...line,
    ...penOf(line.levels, line.names),
    y: smoothed(line.y),
    low: bands ? line.low : undefined,
  }));
  const split = page.factors.find((f) => f.name === state.panels);
  const k = names.indexOf(state.panels);
  for (const each of charts) each.destroy();
  const into = byId("charts");
  into.replaceChildren();
  const range = valueRange(lines, curve);
  const panels = [];
  for (const [place, level] of split ? split.levels.entries() : [[0, ""]]) {
    const inPanel = runs.filter((i) => !split || page.runs[i].levels[k] === place);
    if (!inPanel.length) continue;
    const mine = lines.filter((l) => !split || l.levels[l.names.indexOf(state.panels)] === place);
    const panel = element("div", undefined, into);
    panel.className = "panel";
    const title = element("h3", split ? `${split.name} = ${level}` : curve.title, panel);
    const box = element("div", undefined, panel);
    const keys = "arrow keys walk through curves and epochs";
    box.setAttribute("aria-label", `${curve.title}, ${title.textContent}: ${keys}`);
    element("p", counts(inPanel, mine, split ? (r) => r.levels[k] === place : () => true), panel);
    panels.push([box, mine]);
  }
  if (!panels.length) element("p", "No run is left: show more levels, or select more.", into);
  // All panels stand before the first is drawn: their number decides their width.
  charts = panels.map(([box, mine]) => chart(box, mine, curve, range, told, drawn));
  legend(lines);
  caption(curve, lines);
}

/** How many runs a panel shows of how many, and how many of these ended early. */
function counts(inPanel, lines, isOf) {
  const of = page.runs.filter(isOf).length;
  const count = (isIt) => inPanel.filter((i) => isIt(page.runs[i].outcome)).length;
  const running = count((outcome) => outcome === "running");
  const ended = count((outcome) => outcome !== "finished" && outcome !== "running");
  const left = state.view === "means" ? lines.reduce((sum, l) => sum + l.left, 0) : 0;
  return [
    `${inPanel.length - left} of ${of} run${of === 1 ? "" : "s"}`,
    ...(ended ? [`${ended} diverged or did not finish`] : []),
    ...(running ? [`${running} still train`] : []),
  ].join("; ");
}

function caption(curve, lines) {
  const what =
    state.view === "runs" ? "Every run." : meansSay(Math.max(0, ...lines.map((l) => l.n)));
  const smooth = state.smooth === "0" ? "" : ` Smoothed: mean of ${state.smooth} epochs.`;
  const drag =
    state.drag === "zoom"
      ? "Drag to zoom, double-click or Escape to zoom out."
      : "Drag over an area to select the runs that pass through it.";
  byId("caption").textContent =
    `${curve.title}: ${curve.meaning || curve.name}. ${what}${smooth} ${drag}`;
}

/** What is true of the means that are drawn of so many seeds at most. */
function meansSay(seeds) {
  if (seeds < 2) return "Of runs that finished, with one seed each: there is no band.";
  const said = `Means over seeds, which resample ${page.seed.resamples}, of runs that finished`;
  if (isFiltered()) return `${said}; no band is drawn of a choice of levels.`;
  if (state.smooth !== "0") return `${said}; no band is drawn of smoothed curves.`;
  return `${said}, with a band that holds at all epochs at once with 95 %.`;
}

const SVG = "http://www.w3.org/2000/svg";

function legend(lines) {
  const into = byId("legend");
  into.replaceChildren();
  const factor = page.factors.find((f) => f.name === state.colour);
  if (!factor || !lines.length) return;
  element("strong", factor.name, into);
  factor.levels.forEach((level, i) => {
    if (state.hidden[factor.name]?.includes(level)) return;
    const key = element("span", undefined, into);
    key.className = "key";
    const svg = document.createElementNS(SVG, "svg");
    const line = document.createElementNS(SVG, "line");
    const look = {
      x1: 0,
      x2: 30,
      y1: 5,
      y2: 5,
      "stroke-width": 2.5,
      stroke: ink(factor.colours[i]),
      "stroke-dasharray": factor.dashes[i].join(" ") || "none",
    };
    for (const [name, value] of Object.entries(look)) line.setAttribute(name, value);
    svg.setAttribute("aria-hidden", "true");
    svg.append(line);
    key.append(svg, level);
  });
}

/** What the panels show, a row a line and epoch. */
export function curvesCsv() {
  const rows = [["line", "epoch", state.metric]];
  for (const { lines } of charts)
    for (const line of lines)
      line.y.forEach((v, e) => {
        if (!Number.isNaN(v)) rows.push([line.name, e, v]);
      });
  return rows;
}
