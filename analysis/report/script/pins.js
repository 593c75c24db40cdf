// Pinned runs: outcome, diagnosis, filters, configuration, and the commands that make them again.
import { commandLine, levelsOfRun, where } from "./commands.js";
import { page } from "./data.js";
import { button, byId, element } from "./dom.js";
import { nameOf } from "./explorer.js";
import { film, showFilms } from "./films.js";
import { pin, state } from "./state.js";

export function pins() {
  const into = byId("pins");
  byId("no-pins").hidden = state.pins.length > 0;
  const there = new Map([...into.children].map((c) => [c.dataset.run, c]));
  for (const [id, card] of there) if (!state.pins.includes(id)) card.remove();
  for (const id of state.pins)
    if (!there.has(id))
      pinned(
        page.runs.findIndex((r) => r.id === id),
        into,
      );
  showFilms();
}

function pinned(i, into) {
  const run = page.runs[i];
  const box = element("article", undefined, into);
  box.className = "pin";
  box.dataset.run = run.id;
  element("h3", nameOf(i), box);
  element("p", `${run.outcome} at epoch ${run.epoch}: ${run.label}. ${run.evidence}`, box);
  if (page.filters[run.id]) film(run.id, box);
  else element("p", "The page has no filters of this run.", box);
  const details = element("details", undefined, box);
  element("summary", "Configuration and commands", details);
  const config = Object.entries(run.config).map(([k, v]) => `${k}=${v}`);
  element("p", config.join(", "), details);
  const folder = `multirun_outputs/${page.study}/${run.folder}`;
  const train = commandLine("python -m src.train", "--from", folder);
  const draw = commandLine("python -m analysis filters", page.study, ...filtersOf(run));
  for (const line of [train, draw]) element("code", line, element("p", undefined, details));
  button("Remove", box, () => pin(run.id)).className = "no-print";
}

/** The words that draw the filters of one run. */
const filtersOf = (run) => [...where(levelsOfRun(run)), "--pick", String(run.seed_value)];
