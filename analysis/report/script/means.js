// Averages of a choice of runs, by the rule of analysis/statistics/seeds.py: the seed is the unit.

import { page } from "./data.js";

/** Which runs count: whatever lacks most, a seed, a setting or a level, goes until all is whole. */
function counted(runs, known, seedOf, cellOf, levelOf) {
  const axes = [levelOf, seedOf, cellOf].map((of) => {
    const values = runs.map(of);
    const code = new Map(
      [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map((v, i) => [v, i]),
    );
    return { size: code.size, codes: values.map((v) => code.get(v)) };
  });
  const [L, S, C] = axes.map((axis) => axis.size);
  const place = (l, s, c) => (l * S + s) * C + c;
  const there = new Uint8Array(L * S * C);
  const has = runs.map(known);
  const left = axes.map((axis) => new Set(Array(axis.size).keys()));
  left[0].clear();
  runs.forEach((_, i) => {
    if (!has[i]) return;
    there[place(axes[0].codes[i], axes[1].codes[i], axes[2].codes[i])] = 1;
    left[0].add(axes[0].codes[i]);
  });
  for (;;) {
    const lacks = axes.map((axis) => new Float64Array(axis.size));
    let any = false;
    for (const l of left[0])
      for (const s of left[1])
        for (const c of left[2]) {
          if (there[place(l, s, c)]) continue;
          any = true;
          lacks[0][l]++;
          lacks[1][s]++;
          lacks[2][c]++;
        }
    if (!any) break;
    let worst = null;
    for (const axis of [1, 2, 0]) {
      if (left[axis].size < 2) continue;
      const others = [0, 1, 2].filter((o) => o !== axis).reduce((n, o) => n * left[o].size, 1);
      for (const at of [...left[axis]].sort((a, b) => a - b)) {
        const share = lacks[axis][at] / others;
        if (!worst || share > worst.share) worst = { axis, at, share };
      }
    }
    if (!worst) break;
    left[worst.axis].delete(worst.at);
  }
  const cells = [...left[2]];
  return new Set(
    runs.filter((_, i) => {
      const [l, s, c] = axes.map((axis) => axis.codes[i]);
      if (!has[i] || !left[2].has(c) || (left[0].has(l) && !left[1].has(s))) return false;
      return cells.every((cell) => there[place(l, s, cell)]);
    }),
  );
}

/** Mean over seeds of what belongs to runs, at each of `size` epochs; NaN where a run has none. */
export function meanOverSeeds(runs, size, value) {
  const seeds = new Map();
  for (const i of runs) {
    const seed = page.runs[i].seed;
    if (!seeds.has(seed)) seeds.set(seed, { sum: new Float64Array(size), n: 0 });
    const of = seeds.get(seed);
    of.n++;
    for (let e = 0; e < size; e++) of.sum[e] += value(i, e);
  }
  const mean = new Float64Array(size);
  for (const { sum, n } of seeds.values())
    for (let e = 0; e < size; e++) mean[e] += sum[e] / n / seeds.size;
  return { mean: seeds.size ? mean : mean.fill(NaN), n: seeds.size };
}

const levelsOf = (i, places) => places.map((k) => page.runs[i].levels[k]).join();

/** Group runs by factors; of each group those that count. `lasts(i)`: has run i its whole curve? */
export function groupsOf(runs, factors, lasts) {
  const named = factors.map((n) => page.factors.findIndex((f) => f.name === n));
  const others = page.factors.map((_, k) => k).filter((k) => !named.includes(k));
  const used = counted(
    runs,
    lasts,
    (i) => page.runs[i].seed,
    (i) => levelsOf(i, others),
    (i) => levelsOf(i, named),
  );
  const groups = new Map();
  for (const i of runs) {
    const key = levelsOf(i, named);
    if (!groups.has(key))
      groups.set(key, { levels: named.map((k) => page.runs[i].levels[k]), all: [], used: [] });
    groups.get(key).all.push(i);
    if (used.has(i)) groups.get(key).used.push(i);
  }
  return [...groups.values()];
}
