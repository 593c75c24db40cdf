// One panel: uPlot draws axes, cursor and zoom; all curves are painted by one hook.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
/** Black is not seen on black: there it is white. */
const ink = (colour) => (colour === "#000000" && isDark() ? "#ffffff" : colour);
const format = (v) => (Number.isFinite(v) ? String(Number(v.toPrecision(4))) : "none");

/**
 * Draw lines {name, colour, dash, y, low?, high?, run?} into a panel.
 * All panels share the range of values; `told` is handed what is pointed at, in words.
 */
function chart(into, lines, curve, range, told) {
  const epochs = curve.epochs;
  const xs = Array.from({ length: epochs }, (_, e) => e + (state.logx ? 1 : 0));
  const width = Math.max(240, into.clientWidth);
  let near = null;

  function trace(u, y) {
    const path = new Path2D();
    let pen = false;
    for (let e = 0; e < y.length; e++) {
      const v = y[e];
      if (!Number.isFinite(v) || (state.logy && v <= 0)) { pen = false; continue; }
      const px = u.valToPos(xs[e], "x", true);
      const py = u.valToPos(v, "y", true);
      if (pen) path.lineTo(px, py); else path.moveTo(px, py);
      pen = true;
    }
    return path;
  }
  function band(u, line) {
    const path = new Path2D();
    const there = xs.map((_, e) => e).filter((e) => Number.isFinite(line.low[e]) && Number.isFinite(line.high[e]));
    const y = (v) => u.valToPos(state.logy ? Math.max(v, range[0]) : v, "y", true);
    there.forEach((e, i) => (i ? path.lineTo(u.valToPos(xs[e], "x", true), y(line.high[e]))
      : path.moveTo(u.valToPos(xs[e], "x", true), y(line.high[e]))));
    for (const e of there.reverse()) path.lineTo(u.valToPos(xs[e], "x", true), y(line.low[e]));
    return path;
  }
  function paint(u) {
    const { ctx } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    for (const line of lines) {
      if (!line.low) continue;
      ctx.fillStyle = ink(line.colour);
      ctx.globalAlpha = 0.1;
      ctx.fill(band(u, line));
    }
    const many = lines.length > 60;
    for (const line of lines) {
      const chosen = line === near || (line.run && state.pins.includes(line.run));
      ctx.globalAlpha = chosen ? 1 : many ? 0.3 : 0.9;
      ctx.strokeStyle = ink(line.colour);
      ctx.lineWidth = (chosen ? 3 : many ? 0.8 : 1.6) * ratio;
      ctx.setLineDash(many ? [] : line.dash.map((d) => d * ratio));
      ctx.stroke(trace(u, line.y));
    }
    ctx.restore();
  }
  function nearest(epoch, pixel) {
    let best = null;
    for (const line of lines) {
      const v = line.y[epoch];
      if (!Number.isFinite(v) || (state.logy && v <= 0)) continue;
      const away = Math.abs(plot.valToPos(v, "y") - pixel);
      if (!best || away < best.away) best = { line, away };
    }
    return best && best.away < 40 ? best.line : null;
  }
  const axis = (label) => ({
    label, stroke: css("--ink"), labelSize: 18, labelFont: "12px system-ui", font: "11px system-ui",
    grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--grid") },
  });
  const plot = new uPlot({
    width, height: 280,
    scales: {
      x: { time: false, distr: state.logx ? 3 : 1 },
      y: { range: () => range, distr: state.logy ? 3 : 1 },
    },
    series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: true, y: false } },
    axes: [axis(state.logx ? "epoch + 1" : "epoch"), { ...axis(curve.unit || curve.title), size: 56 }],
    hooks: { draw: [paint], setCursor: [moved] },
  }, [xs, xs.map(() => null)], into);

  function moved(u) {
    const { left, top } = u.cursor;
    if (left == null || left < 0 || !plot) return;
    const epoch = u.cursor.idx ?? 0;
    point(nearest(epoch, top), epoch);
  }
  function point(line, epoch) {
    if (line !== near) {
      near = line;
      plot.redraw(false);
    }
    if (line) told(`${line.name}: ${format(line.y[epoch])} at epoch ${epoch}`);
  }
  let at = { line: 0, epoch: epochs - 1 };
  into.tabIndex = 0;
  into.setAttribute("role", "group");
  into.addEventListener("click", (event) => { if (event.detail === 1 && near?.run) pin(near.run); });
  into.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
    if (event.key === "Enter" && near?.run) { pin(near.run); return; }
    if (!steps[event.key] || !lines.length) return;
    event.preventDefault();
    const [l, e] = steps[event.key];
    at = { line: (at.line + l + lines.length) % lines.length, epoch: Math.min(epochs - 1, Math.max(0, at.epoch + e)) };
    point(lines[at.line], at.epoch);
  });
  return { destroy: () => plot.destroy(), plot, lines };
}

function valueRange(lines, curve) {
  let low = Infinity;
  let high = -Infinity;
  for (const line of lines) for (const ys of [line.y, line.low, line.high]) {
    for (const v of ys ?? []) {
      if (!Number.isFinite(v) || (state.logy && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  if (!(low <= high)) return state.logy ? [0.1, 1] : [0, 1];
  if (state.logy) return low < high ? [low, high] : [low / 2, high * 2];
  if (curve.limits) {
    low = Math.max(low, curve.limits[0]);
    high = Math.min(high, curve.limits[1]);
  }
  const pad = 0.04 * (high - low) || 0.05 * Math.abs(high) || 0.1;
  return [low - pad, high + pad];
}
