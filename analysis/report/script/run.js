// Pinned runs: configuration, outcome, diagnosis, filters over the epochs, the command.
function pin(id) {
  change({ pins: state.pins.includes(id) ? state.pins.filter((p) => p !== id) : [...state.pins, id] });
}

const quoted = (word) => (/^[A-Za-z0-9_=.,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function pins() {
  const into = document.getElementById("pins");
  document.getElementById("no-pins").hidden = state.pins.length > 0;
  const there = new Map([...into.children].map((c) => [c.dataset.run, c]));
  for (const [id, card] of there) if (!state.pins.includes(id)) card.remove();
  for (const id of state.pins) if (!there.has(id)) into.append(pinned(page.runs.findIndex((r) => r.id === id)));
}

function pinned(i) {
  const run = page.runs[i];
  const box = document.createElement("article");
  box.className = "pin";
  box.dataset.run = run.id;
  element("h3", nameOf(i), box);
  element("p", `${run.outcome} at epoch ${run.epoch}: ${run.label}. ${run.evidence}`, box);
  const off = element("button", "Remove", box);
  off.className = "no-print";
  off.type = "button";
  off.addEventListener("click", () => pin(run.id));
  if (page.filters[run.id]) filmOf(run.id, box);
  else element("p", "The page has no filters of this run.", box);
  const details = element("details", undefined, box);
  element("summary", "Configuration and command", details);
  element("p", Object.entries(run.config).map(([k, v]) => `${k}=${v}`).join(", "), details);
  element("code", `python -m src.train --from multirun_outputs/${quoted(page.study)}/${quoted(run.folder)}`, details);
  return box;
}

async function filmOf(id, box) {
  const kept = page.filters[id];
  const [count, L, rows, columns] = kept.shape;
  const place = element("div", undefined, box);
  const canvases = Array.from({ length: L }, (_, l) => {
    const canvas = element("canvas", undefined, place);
    canvas.width = columns;
    canvas.height = rows;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `filter ${l + 1}`);
    return canvas;
  });
  const label = element("label", "Epoch ", box);
  const slider = element("input", undefined, label);
  Object.assign(slider, { type: "range", min: 0, max: count - 1, value: count - 1 });
  const said = element("output", undefined, label);
  const play = element("button", "Play", box);
  play.type = "button";
  play.className = "no-print";
  const data = await bytes(kept.data);
  function draw() {
    const at = Number(slider.value);
    said.textContent = ` ${kept.epochs[at]} (red: positive, blue: negative, to ±${format(kept.scale)})`;
    canvases.forEach((canvas, l) => {
      const image = new ImageData(columns, rows);
      for (let p = 0; p < rows * columns; p++) {
        const v = data[(at * L + l) * rows * columns + p];
        const w = v === 255 ? NaN : (v - 127) / 127;
        const fade = 255 * (1 - Math.abs(w));
        image.data.set(Number.isNaN(w) ? [128, 128, 128, 255] : w > 0 ? [255 - 60 * w, fade, fade, 255] : [fade, fade, 255 + 60 * w, 255], 4 * p);
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
    });
  }
  slider.addEventListener("input", draw);
  let timer = 0;
  play.addEventListener("click", () => {
    clearInterval(timer);
    slider.value = 0;
    draw();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      draw();
      if (Number(slider.value) >= count - 1) clearInterval(timer);
    }, 500);
  });
  draw();
}
