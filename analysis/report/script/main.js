// Controls and their first values; show() brings everything in line with the state.
function options(id, values, none) {
  const select = document.getElementById(id);
  if (none) element("option", none, select).value = "";
  for (const [value, text] of values) element("option", text, select).value = value;
}

function levelChoices() {
  const into = document.getElementById("filters");
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
        if (box.checked) off.delete(level); else off.add(level);
        change({ hidden: { ...state.hidden, [factor.name]: [...off] } });
      });
    }
  }
}

function controls() {
  for (const id of ["metric", "colour", "panels", "view", "smooth"]) document.getElementById(id).value = state[id];
  document.getElementById("heat-rows").value = state.rows;
  document.getElementById("heat-columns").value = state.columns;
  for (const id of ["logx", "logy"]) document.getElementById(id).checked = state[id];
  document.querySelectorAll("#filters input").forEach((box) => {
    box.checked = !state.hidden[box.dataset.factor]?.includes(box.dataset.level);
  });
}

let turn = Promise.resolve();
function show() {
  controls();
  turn = turn.then(explorer).then(heatmap).then(() => { pins(); filterRuns(); document.body.dataset.ready = "true"; });
}

const names = page.factors.map((f) => [f.name, f.name]);
options("metric", page.curves.map((c) => [c.name, c.title]));
options("colour", names, "one colour");
options("panels", names, "one panel");
options("heat-rows", names);
options("heat-columns", names);
levelChoices();
for (const id of ["metric", "colour", "panels", "view", "smooth"]) document.getElementById(id).addEventListener("change", (e) => change({ [id]: e.target.value }));
document.getElementById("heat-rows").addEventListener("change", (e) => change({ rows: e.target.value }));
document.getElementById("heat-columns").addEventListener("change", (e) => change({ columns: e.target.value }));
for (const id of ["logx", "logy"]) document.getElementById(id).addEventListener("change", (e) => change({ [id]: e.target.checked }));
document.getElementById("reset").addEventListener("click", () => { location.hash = ""; readState(); change({}); });
document.getElementById("csv").addEventListener("click", csv);
document.getElementById("left-out").textContent = page.left_out.length ? `Left out: ${page.left_out.join("; ")}.` : "";
addEventListener("hashchange", () => { readState(); show(); });
addEventListener("resize", () => show());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());
document.querySelectorAll("table.sortable:not(#runs)").forEach(sortable);
runsTable();
readState();
show();
