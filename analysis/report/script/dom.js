// Elements, numbers as text, colours of the screen and of paper.
export const byId = (id) => document.getElementById(id);

export function element(tag, text, parent) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

export function button(text, parent, pressed) {
  const made = element("button", text, parent);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

export const onPaper = () => document.documentElement.classList.contains("paper");
const isDark = () => !onPaper() && matchMedia("(prefers-color-scheme: dark)").matches;
export const css = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Black is not seen on black: there it is white. */
export const ink = (colour) => (colour === "#000000" && isDark() ? "#ffffff" : colour);

export const format = (v) => (Number.isFinite(v) ? String(Number(v.toPrecision(4))) : "none");

/** How wide a drawing may be: that of its place, and on paper that of a sheet. */
export const widthOf = (box) => Math.max(240, Math.min(box.clientWidth, onPaper() ? 640 : 1e4));

/** A canvas of a size in CSS pixels, sharp on any screen, and its context in these pixels. */
export function canvasOf(canvas, width, height) {
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(devicePixelRatio, devicePixelRatio);
  return context;
}

/** Save rows of cells as CSV; what a spreadsheet would take for a formula is text there too. */
export function saveCsv(name, rows) {
  const safe = (cell) => {
    const text = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : String(cell);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => row.map(safe).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
  link.download = `${name.replace(/[^A-Za-z0-9.+-]+/g, "_")}.csv`;
  link.click();
}
