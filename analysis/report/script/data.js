// The page's studies: read when they are chosen, arrays unpacked when they are first shown
// (analysis/report/packing.py packs them).
const kept = [...document.querySelectorAll("script.study")];

export const studies = kept.map((script) => script.dataset.name);
export let page;
let unpacked = new Map();

/** Make a study the one that everything else on the page is about. */
export function open(name) {
  if (page?.study === name) return;
  page = JSON.parse(kept[studies.indexOf(name)].textContent);
  unpacked = new Map();
}

export async function bytes(text) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Undo the shuffle: four planes of bytes, little end first, to float32. */
async function floats(packed) {
  const planes = await bytes(packed.data);
  const n = planes.length / 4;
  const mixed = new Uint8Array(planes.length);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < 4; k++) mixed[4 * i + k] = planes[k * n + i];
  }
  return new Float32Array(mixed.buffer);
}

/** A curve's numbers, (runs, epochs + 1). */
export async function curveOf(name) {
  const curve = page.curves.find((c) => c.name === name);
  if (!unpacked.has(name)) unpacked.set(name, await floats(curve));
  return {
    ...curve,
    runs: curve.shape[0],
    epochs: curve.shape[1],
    values: unpacked.get(name),
  };
}

/** Where a run's last value stands in a curve: of one that diverged or still trains, its own. */
export const lastOf = (curve, i) =>
  i * curve.epochs + Math.min(curve.epochs, (page.runs[i].epoch ?? page.runs[i].epochs) + 1) - 1;

/** Mean, low and high of every line of a grouping; null where the page does not have it. */
export async function meansOf(name, factors) {
  const key = page.factors
    .map((f) => f.name)
    .filter((n) => factors.includes(n))
    .join(",");
  const found = page.means[name][key];
  if (!found) return null;
  const at = `${name}|${key}`;
  if (!unpacked.has(at)) unpacked.set(at, await floats(found));
  return { names: key ? key.split(",") : [], lines: found.lines, values: unpacked.get(at) };
}
