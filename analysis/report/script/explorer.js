// The explorer: which lines stand in which panel, and the sentence that says what is shown.
let charts = [];
const told = (text) => { document.getElementById("live").textContent = text; };

function element(tag, text, parent) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

const nameOf = (i) => `${page.factors.map((f, k) => `${f.name}=${f.levels[page.runs[i].levels[k]]}`)
  .concat(`${page.seed.key}=${page.runs[i].seed_value}`).join(", ")} (${page.runs[i].id.slice(0, 8)})`;

function smoothed(y) {
  const half = (Number(state.smooth) - 1) / 2;
  if (half <= 0) return y;
  return y.map((_, e) => {
    const part = y.slice(Math.max(0, e - half), e + half + 1).filter(Number.isFinite);
    return Number.isFinite(y[e]) ? part.reduce((a, b) => a + b, 0) / part.length : NaN;
  });
}

function penOf(levels, names) {
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
    for (let e = 0; e < end; e++) if (Number.isNaN(curve.values[i * curve.epochs + e])) return false;
    return true;
  };
}

async function meanLines(curve, runs) {
  const factors = [...new Set([state.colour, state.panels].filter(Boolean))];
  const E = curve.epochs;
  const known = isFiltered() ? null : await meansOf(curve.name, factors);
  if (known) {
    return known.lines.map((line, g) => ({
      levels: line.levels, names: known.names, n: line.n, left: line.left_out,
      y: known.values.slice((3 * g) * E, (3 * g + 1) * E),
      low: known.values.slice((3 * g + 1) * E, (3 * g + 2) * E),
      high: known.values.slice((3 * g + 2) * E, (3 * g + 3) * E),
    }));
  }
  return groupsOf(runs, factors, lastsIn(curve)).map((group) => {
    const { mean: y, n } = meanOverSeeds(group.used, E, (i, e) => curve.values[i * E + e]);
    return { levels: group.levels, names: factors, n, left: group.all.length - group.used.length, y };
  });
}

async function explorer() {
  const curve = await curveOf(state.metric);
  const runs = chosenRuns();
  const E = curve.epochs;
  const names = page.factors.map((f) => f.name);
  const lines = state.view === "means"
    ? (await meanLines(curve, runs)).map((line) => ({
      ...line, name: `${line.names.map((n, k) => `${n}=${page.factors[names.indexOf(n)].levels[line.levels[k]]}`).join(", ") || "all runs"}, mean of ${line.n} seeds`,
    }))
    : runs.map((i) => ({ levels: page.runs[i].levels, names, run: page.runs[i].id, name: nameOf(i), y: curve.values.slice(i * E, (i + 1) * E) }));
  const split = page.factors.find((f) => f.name === state.panels);
  const k = names.indexOf(state.panels);
  charts.forEach((c) => c.destroy());
  const into = document.getElementById("charts");
  into.replaceChildren();
  charts = [];
  const range = valueRange(lines.map((l) => ({ ...l, y: smoothed(l.y) })), curve);
  const panels = [];
  for (const [place, level] of split ? split.levels.entries() : [[0, ""]]) {
    const inPanel = runs.filter((i) => !split || page.runs[i].levels[k] === place);
    if (!inPanel.length) continue;
    const mine = lines.filter((l) => !split || l.levels[l.names.indexOf(state.panels)] === place)
      .map((l) => ({ ...l, ...penOf(l.levels, l.names), y: smoothed(l.y), low: state.smooth === "0" ? l.low : undefined }));
    const panel = element("div", undefined, into);
    panel.className = "panel";
    const title = element("h3", split ? `${split.name} = ${level}` : curve.title, panel);
    const box = element("div", undefined, panel);
    box.setAttribute("aria-label", `${curve.title}, ${title.textContent}: arrow keys walk through curves and epochs`);
    const ended = inPanel.filter((i) => page.runs[i].outcome !== "finished").length;
    const of = page.runs.filter((r) => !split || r.levels[k] === place).length;
    const whole = state.view === "means" ? mine.reduce((sum, l) => sum - l.left, inPanel.length) : inPanel.length;
    element("p", `${whole} of ${of} run${of === 1 ? "" : "s"}${ended ? `; ${ended} diverged or did not finish` : ""}`, panel);
    panels.push([box, mine]);
  }
  // All panels stand before the first is drawn: their number decides their width.
  charts = panels.map(([box, mine]) => chart(box, mine, curve, range, told));
  legend(lines);
  const what = state.view === "runs" ? "Every run." : meansSay(Math.max(0, ...lines.map((l) => l.n)));
  const smooth = state.smooth === "0" ? "" : ` Smoothed: mean of ${state.smooth} epochs.`;
  document.getElementById("caption").textContent = `${curve.title}: ${curve.meaning || curve.name}. ${what}${smooth} Drag to zoom, double-click to zoom out.`;
  window.sweepscope = { state: () => state, charts: () => charts };
}

/** What is true of the means that are drawn of so many seeds at most. */
function meansSay(seeds) {
  if (seeds < 2) return "Of runs that finished, with one seed each: there is no band.";
  const said = `Means over seeds, which resample ${page.seed.resamples}, of runs that finished`;
  if (isFiltered()) return `${said}; no band is drawn of a choice of levels.`;
  if (state.smooth !== "0") return `${said}; no band is drawn of smoothed curves.`;
  return `${said}, with a band that holds at all epochs at once with 95 %.`;
}

function legend(lines) {
  const into = document.getElementById("legend");
  into.replaceChildren();
  const factor = page.factors.find((f) => f.name === state.colour);
  if (!factor || !lines.length) return;
  element("strong", factor.name, into);
  factor.levels.forEach((level, i) => {
    if (state.hidden[factor.name]?.includes(level)) return;
    const key = element("span", undefined, into);
    key.className = "key";
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [name, value] of Object.entries({ x1: 0, x2: 30, y1: 5, y2: 5, "stroke-width": 2.5, stroke: ink(factor.colours[i]), "stroke-dasharray": factor.dashes[i].join(" ") || "none" })) line.setAttribute(name, value);
    svg.setAttribute("aria-hidden", "true");
    svg.append(line);
    key.append(svg, level);
  });
}
