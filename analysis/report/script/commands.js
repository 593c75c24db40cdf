// The command that makes what is shown, for a shell.
import { page } from "./data.js";
import { byId } from "./dom.js";
import { chosenRuns } from "./selection.js";
import { state } from "./state.js";

const quoted = (word) =>
  /^[A-Za-z0-9_=.,+/:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export const commandLine = (start, ...words) => [start, ...words.map(quoted)].join(" ");

/** The words that leave some levels, by the name of their factor. */
export function where(levels) {
  const all = { ...page.where, ...levels };
  const words = Object.entries(all).map(([name, left]) => `${name}=${left.join(",")}`);
  return words.length ? ["--where", ...words, ...page.seed.words] : page.seed.words;
}

export const levelsOfRun = (run) =>
  Object.fromEntries(page.factors.map((f, k) => [f.name, [f.levels[run.levels[k]]]]));

/** The levels that are left, of the factors of which not all are. */
function left() {
  const off = page.factors.filter((f) => state.hidden[f.name]?.length);
  return Object.fromEntries(
    off.map((f) => [f.name, f.levels.filter((l) => !state.hidden[f.name].includes(l))]),
  );
}

const option = (name, ...values) => (values.length ? [`--${name}`, ...values] : []);

/** Say the commands of curves and heatmap; where no verb draws what is shown, why. */
export function commands() {
  const metric = ["--metric", state.metric];
  const none = !chosenRuns().length && "No run is left.";
  const one = page.factors.length > 0 && !state.colour && !state.panels;
  const curves = () => {
    const lines = [state.colour || state.panels].filter(Boolean);
    const by = state.colour && state.panels !== state.colour ? [state.panels].filter(Boolean) : [];
    const words = [
      ...metric,
      ...option("vary", ...lines),
      ...option("by", ...by),
      ...where(left()),
    ];
    return commandLine("python -m analysis curves", page.study, ...words);
  };
  const heat = () => {
    const two = state.rows !== state.columns;
    const by = two ? ["--vary", state.rows, state.columns] : ["--by", state.rows];
    const verb = two ? "heatmap" : "table";
    return commandLine(
      `python -m analysis ${verb}`,
      page.study,
      ...metric,
      ...by,
      ...where(left()),
    );
  };
  const said = (id, why, line) => {
    byId(id).textContent = why || line();
    byId(id).classList.toggle("command", !why);
  };
  said("curves-command", none || (one && "No verb draws one mean of all settings."), curves);
  said("heat-command", none || (!page.factors.length && " "), heat);
}
