// Tables that are in the page from the start: they sort by a click on a head, and save as CSV.
import { button, saveCsv } from "./dom.js";

const collator = new Intl.Collator("en", { numeric: true });

function numberIn(text) {
  const found = /^[−-]?[\d,]*\.?\d+(e[+-]?\d+)?/i.exec(text.trim());
  return found ? Number(found[0].replace("−", "-").replaceAll(",", "")) : null;
}

/** Order of two texts: numbers by size and before words. */
export function compareText(a, b) {
  const [x, y] = [numberIn(a), numberIn(b)];
  if (x !== null && y !== null && x !== y) return x - y;
  if ((x === null) !== (y === null)) return x === null ? 1 : -1;
  return collator.compare(a, b);
}

/** Make the heads of a table buttons; `sort(column, up)` is called with what is to be sorted. */
export function sortable(table, sort) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((th, column) => {
    const text = th.textContent;
    th.replaceChildren();
    button(text, th, () => {
      const up = th.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(column, up);
    });
  });
}

export function sortRows(table) {
  return (column, up) => {
    const text = (row) => row.cells[column].textContent;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (up ? 1 : -1) * compareText(text(a), text(b)));
    table.tBodies[0].append(...rows);
  };
}

/** The cells of a table, for a file. */
export const cellsOf = (table) =>
  [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));

export function tables() {
  for (const table of document.querySelectorAll("table.sortable")) {
    sortable(table, sortRows(table));
    const section = table.closest("section");
    section.querySelector("button.csv").addEventListener("click", () => {
      saveCsv(section.querySelector("h2").textContent, cellsOf(table));
    });
  }
}
