// Tables that sort by a click on a head, and the table of all runs, which can be searched.
const collator = new Intl.Collator("en", { numeric: true });
const numberIn = (text) => { const m = /^[−-]?[\d,]*\.?\d+(e[+-]?\d+)?/i.exec(text.trim()); return m ? Number(m[0].replace("−", "-").replaceAll(",", "")) : null; };

function compareText(a, b) {
  const [x, y] = [numberIn(a), numberIn(b)];
  if (x !== null && y !== null && x !== y) return x - y;
  if ((x === null) !== (y === null)) return x === null ? 1 : -1;
  return collator.compare(a, b);
}

function sortable(table) {
  table.querySelectorAll("thead th").forEach((th, column) => {
    const button = element("button", th.textContent);
    button.type = "button";
    th.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = th.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => (up ? 1 : -1) * compareText(a.cells[column].textContent, b.cells[column].textContent));
      table.tBodies[0].append(...rows);
    });
  });
}

const texts = new Map();

function runsTable() {
  const table = document.getElementById("runs");
  const head = element("tr", undefined, element("thead", undefined, table));
  const names = page.factors.map((f) => f.name);
  for (const name of ["run", ...names, page.seed.key, "outcome", "epoch", "diagnosis", "evidence"]) element("th", name, head).scope = "col";
  const body = element("tbody", undefined, table);
  page.runs.forEach((run) => {
    const row = element("tr", undefined, body);
    row.dataset.run = run.id;
    const button = element("button", run.id.slice(0, 8), element("td", undefined, row));
    button.type = "button";
    button.addEventListener("click", () => pin(run.id));
    page.factors.forEach((f, k) => element("td", f.levels[run.levels[k]], row));
    for (const value of [run.seed_value, run.outcome, run.epoch, run.label]) element("td", String(value), row);
    element("td", run.evidence, row).className = "wide";
  });
  for (const row of body.rows) texts.set(row, row.textContent.toLowerCase());
  sortable(table);
  document.getElementById("find").addEventListener("input", filterRuns);
}

function filterRuns() {
  const words = document.getElementById("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = new Set(chosenRuns().map((i) => page.runs[i].id));
  let shown = 0;
  for (const row of document.getElementById("runs").tBodies[0].rows) {
    const off = !chosen.has(row.dataset.run) || !words.every((w) => texts.get(row).includes(w));
    if (row.hidden !== off) row.hidden = off;
    shown += off ? 0 : 1;
  }
  document.getElementById("runs-caption").textContent = `${shown} of ${page.runs.length} runs.`;
}

/** What the explorer shows, as CSV: a row a line and epoch. */
function csv() {
  const safe = (text) => `"${(/^[=+@\t\r-]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const rows = ["line,epoch,value"];
  for (const { lines } of charts) for (const line of lines) line.y.forEach((v, e) => { if (!Number.isNaN(v)) rows.push(`${safe(line.name)},${e},${v}`); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([rows.join("\n")], { type: "text/csv" }));
  link.download = `${state.metric}.csv`;
  link.click();
}
