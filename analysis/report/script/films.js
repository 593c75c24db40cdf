// The filters of pinned runs over the epochs, side by side: one slider for all.
import { bytes, page } from "./data.js";
import { byId, element, format } from "./dom.js";
import { keep, state } from "./state.js";

const films = new Map();
let timer = 0;

const pinnedFilms = () => state.pins.map((id) => films.get(id)).filter(Boolean);
const epochsOf = () =>
  [...new Set(pinnedFilms().flatMap((film) => film.epochs))].sort((a, b) => a - b);
const commonScale = () => Math.max(...pinnedFilms().map((film) => film.scale));

/** Put a run's filters into a box, a canvas each. */
export async function film(id, box) {
  const kept = page.filters[id];
  const [, L, rows, columns] = kept.shape;
  const place = element("div", undefined, box);
  const canvases = Array.from({ length: L }, (_, l) => {
    const canvas = element("canvas", undefined, place);
    canvas.width = columns;
    canvas.height = rows;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `filter ${l + 1} of run ${id.slice(0, 8)}`);
    return canvas;
  });
  const said = element("p", undefined, box);
  said.className = "caption";
  const data = await bytes(kept.data);
  films.set(id, {
    epochs: kept.epochs,
    scale: kept.scale,
    draw(epoch, scale) {
      const at = Math.max(
        0,
        kept.epochs.findLastIndex((e) => e <= epoch),
      );
      said.textContent =
        `Filters at epoch ${kept.epochs[at]}; red is positive, blue negative, ` +
        `full at ±${format(scale ?? kept.scale)}`;
      canvases.forEach((canvas, l) => {
        const part = data.subarray(
          (at * L + l) * rows * columns,
          (at * L + l + 1) * rows * columns,
        );
        paint(canvas, part, kept.scale / (scale ?? kept.scale));
      });
    },
  });
  showFilms();
}

function paint(canvas, levels, gain) {
  const image = new ImageData(canvas.width, canvas.height);
  levels.forEach((v, p) => {
    const w = v === 255 ? NaN : (gain * (v - 127)) / 127;
    const fade = 255 * (1 - Math.abs(w));
    const red = [255 - 60 * w, fade, fade, 255];
    const blue = [fade, fade, 255 + 60 * w, 255];
    image.data.set(Number.isNaN(w) ? [128, 128, 128, 255] : w > 0 ? red : blue, 4 * p);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Draw the filters of all pinned runs at the epoch of the slider. */
export function showFilms() {
  for (const id of films.keys()) if (!state.pins.includes(id)) films.delete(id);
  const epochs = epochsOf();
  byId("films").hidden = epochs.length === 0;
  if (!epochs.length) return;
  const slider = byId("epoch");
  slider.max = epochs.length - 1;
  const found = state.epoch === null ? -1 : epochs.findLastIndex((e) => e <= state.epoch);
  slider.value = found < 0 ? epochs.length - 1 : found;
  const epoch = epochs[slider.value];
  slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
  byId("epoch-said").textContent = ` ${epoch}`;
  byId("same").checked = state.same;
  for (const each of pinnedFilms()) each.draw(epoch, state.same ? commonScale() : undefined);
}

export function filmControls() {
  const slider = byId("epoch");
  const to = (place) => {
    keep({ epoch: epochsOf()[place] });
    showFilms();
  };
  slider.addEventListener("input", () => to(Number(slider.value)));
  byId("same").addEventListener("change", (event) => {
    keep({ same: event.target.checked });
    showFilms();
  });
  byId("play").addEventListener("click", () => {
    clearInterval(timer);
    to(0);
    timer = setInterval(() => {
      if (Number(slider.value) >= Number(slider.max)) clearInterval(timer);
      else to(Number(slider.value) + 1);
    }, 500);
  });
}
