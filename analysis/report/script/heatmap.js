// Two factors as a table of the last epoch's mean; a cell leaves only its runs.
async function heatmap() {
  const section = document.getElementById("heatmap-section");
  section.hidden = page.factors.length === 0;
  if (section.hidden) return;
  const curve = await curveOf(state.metric);
  const E = curve.epochs;
  const runs = chosenRuns();
  const last = (i) => curve.values[i * E + Math.min(E, page.runs[i].epochs + 1) - 1];
  const known = (i) => page.runs[i].outcome === "finished" && !Number.isNaN(last(i));
  const [rows, columns] = [state.rows, state.columns].map((n) => page.factors.findIndex((f) => f.name === n));
  const one = rows === columns;
  const groups = groupsOf(runs, one ? [state.rows] : [state.rows, state.columns], known);
  const cells = new Map(groups.map((g) => [g.levels.join(), { ...g, mean: meanOverSeeds(g.used, 1, last).mean[0] }]));
  const means = [...cells.values()].map((c) => c.mean).filter(Number.isFinite);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const into = document.getElementById("heatmap");
  into.replaceChildren();
  const table = element("table", undefined, into);
  const head = element("tr", undefined, element("thead", undefined, table));
  element("th", one ? state.rows : `${state.rows} \\ ${state.columns}`, head).scope = "col";
  const tops = one ? [curve.title] : page.factors[columns].levels;
  tops.forEach((l) => { element("th", l, head).scope = "col"; });
  const body = element("tbody", undefined, table);
  page.factors[rows].levels.forEach((level, r) => {
    const line = element("tr", undefined, body);
    element("th", level, line).scope = "row";
    tops.forEach((_, c) => {
      const cell = cells.get(one ? `${r}` : `${r},${c}`);
      const td = element("td", cell ? undefined : "no run", line);
      td.className = "cell";
      if (!cell) return;
      const ended = cell.all.filter((i) => page.runs[i].outcome !== "finished").length;
      const words = `${Number.isFinite(cell.mean) ? format(cell.mean) : "no mean"}${ended ? ` (${ended} of ${cell.all.length} ended early)` : ""}`;
      const button = element("button", words, td);
      button.type = "button";
      button.dataset.runs = cell.all.map((i) => page.runs[i].id).join(" ");
      button.addEventListener("click", () => {
        const hidden = { ...state.hidden };
        hidden[state.rows] = page.factors[rows].levels.filter((_, i) => i !== r);
        if (!one) hidden[state.columns] = page.factors[columns].levels.filter((_, i) => i !== c);
        change({ hidden, view: "runs" });
        document.getElementById("curves-head").scrollIntoView();
      });
      if (!Number.isFinite(cell.mean)) return;
      const share = high > low ? (cell.mean - low) / (high - low) : 1;
      const good = curve.better === "lower" ? 1 - share : share;
      td.style.background = `color-mix(in srgb, #0072B2 ${Math.round(45 * good)}%, transparent)`;
    });
  });
  const end = curve.better === "lower" ? "lower" : "higher";
  document.getElementById("heat-caption").textContent = `${curve.title}${curve.unit ? ` (${curve.unit})` : ""} at the last epoch, mean over seeds of runs that finished; bluer is ${curve.better ? "better" : end}. Choose a cell to see its runs.`;
}
