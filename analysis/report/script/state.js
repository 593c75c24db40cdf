// What is shown, kept in the address behind #, so that a link shows what its sender saw.
const DEFAULTS = {
  metric: "", colour: "", panels: "", view: "means", smooth: "0", logx: false, logy: false,
  hidden: {}, pins: [], rows: "", columns: "",
};
let state = { ...DEFAULTS };

function readState() {
  let given = {};
  try {
    given = JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}") ?? {};
  } catch {
    given = {};
  }
  const names = page.factors.map((f) => f.name);
  const one = (value, options, otherwise) => (options.includes(value) ? value : otherwise);
  const curves = page.curves.map((c) => c.name);
  const usual = ["test_acc", "train_acc"].find((c) => curves.includes(c)) ?? curves[0];
  state = { ...DEFAULTS };
  state.metric = one(given.metric, curves, usual);
  state.colour = one(given.colour, ["", ...names], names[0] ?? "");
  state.panels = one(given.panels, ["", ...names], names[1] ?? "");
  state.view = one(given.view, ["means", "runs"], "means");
  state.smooth = one(given.smooth, ["0", "3", "9"], "0");
  state.logx = given.logx === true;
  state.logy = given.logy === true;
  state.rows = one(given.rows, names, names[0] ?? "");
  state.columns = one(given.columns, names, names[1] ?? names[0] ?? "");
  state.hidden = {};
  for (const factor of page.factors) {
    const off = given.hidden?.[factor.name];
    if (Array.isArray(off)) state.hidden[factor.name] = factor.levels.filter((l) => off.includes(l));
  }
  const ids = new Set(page.runs.map((r) => r.id));
  state.pins = Array.isArray(given.pins) ? given.pins.filter((id) => ids.has(id)) : [];
}

function change(part) {
  state = { ...state, ...part };
  try {
    history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(state))}`);
  } catch {
    // A frame in a notebook has no address of its own.
  }
  show();
}

/** The places of the runs that the choice of levels leaves. */
function chosenRuns() {
  return page.runs.map((_, i) => i).filter((i) =>
    page.factors.every((f, k) => !state.hidden[f.name]?.includes(f.levels[page.runs[i].levels[k]])));
}

const isFiltered = () => Object.values(state.hidden).some((levels) => levels.length > 0);
