// One panel: uPlot draws axes and cursor; all curves are painted by one hook, what is pointed at
// on a sheet above them, so that pointing paints one curve and not all.
import { canvasOf, css, format, ink, widthOf } from "./dom.js";
import { change, keep, pin, state } from "./state.js";

const HEIGHT = 280;

/**
 * Draw lines {name, colour, dash, y, low?, high?, run?} into a panel.
 * All panels share the range of values; `told` is handed what is pointed at, in words.
 */
export function chart(into, lines, curve, range, told, all) {
  const epochs = curve.epochs;
  const shift = state.logx ? 1 : 0;
  const xs = Array.from({ length: epochs }, (_, e) => e + shift);
  const many = lines.length > 60;
  let near = null;
  let dragged = false;

  /** Where numbers stand, in device pixels: valToPos for many, without its call for each. */
  function places(u) {
    const of = state.logy ? (v) => Math.log10(Math.max(v, range[0])) : (v) => v;
    const [bottom, top] = range.map((v) => u.valToPos(v, "y", true));
    const [low, high] = range.map(of);
    const slope = (top - bottom) / (high - low);
    const px = Float64Array.from(xs, (x) => u.valToPos(x, "x", true));
    return { px, py: (v) => bottom + (of(v) - low) * slope };
  }
  /** The epochs that are seen, and one more on each side. */
  function seen(u) {
    const { min, max } = u.scales.x;
    return [
      Math.max(0, Math.floor(min - shift) - 1),
      Math.min(epochs - 1, Math.ceil(max - shift) + 1),
    ];
  }
  function trace(ctx, y, { px, py }, [first, last]) {
    ctx.beginPath();
    let pen = false;
    for (let e = first; e <= last; e++) {
      const v = y[e];
      if (!Number.isFinite(v) || (state.logy && v <= 0)) {
        pen = false;
        continue;
      }
      if (pen) ctx.lineTo(px[e], py(v));
      else ctx.moveTo(px[e], py(v));
      pen = true;
    }
  }
  function band(ctx, line, { px, py }, [first, last]) {
    ctx.beginPath();
    const there = [];
    for (let e = first; e <= last; e++)
      if (Number.isFinite(line.low[e]) && Number.isFinite(line.high[e])) there.push(e);
    for (const e of there) ctx.lineTo(px[e], py(line.high[e]));
    for (const e of there.reverse()) ctx.lineTo(px[e], py(line.low[e]));
  }
  function within(u, ctx, painted) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    painted(places(u), seen(u));
    ctx.restore();
  }
  function paint(u) {
    const { ctx } = u;
    within(u, ctx, (at, part) => {
      for (const line of lines) {
        if (!line.low) continue;
        ctx.fillStyle = ink(line.colour);
        ctx.globalAlpha = 0.1;
        band(ctx, line, at, part);
        ctx.fill();
      }
      ctx.globalAlpha = many ? 0.3 : 0.9;
      ctx.lineWidth = (many ? 0.8 : 1.6) * devicePixelRatio;
      for (const line of lines) {
        ctx.strokeStyle = ink(line.colour);
        ctx.setLineDash(many ? [] : line.dash.map((d) => d * devicePixelRatio));
        trace(ctx, line.y, at, part);
        ctx.stroke();
      }
    });
    mark(u);
  }
  /** Paint what is pointed at and what is pinned, above all others. */
  function mark(u) {
    const ctx = canvasOf(sheet, u.width, u.height);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    const chosen = lines.filter((l) => l === near || (l.run && state.pins.includes(l.run)));
    within(u, ctx, (at, part) => {
      for (const [colour, width] of [
        [css("--paper"), 6],
        [null, 3],
      ])
        for (const line of chosen) {
          ctx.strokeStyle = colour ?? ink(line.colour);
          ctx.lineWidth = width * devicePixelRatio;
          ctx.setLineDash(colour ? [] : line.dash.map((d) => d * devicePixelRatio));
          trace(ctx, line.y, at, part);
          ctx.stroke();
        }
    });
  }
  function nearest(epoch, pixel) {
    let best = null;
    const { py } = places(plot);
    for (const line of lines) {
      const v = line.y[epoch];
      if (!Number.isFinite(v) || (state.logy && v <= 0)) continue;
      const away = Math.abs((py(v) - plot.bbox.top) / devicePixelRatio - pixel);
      if (!best || away < best.away) best = { line, away };
    }
    return best && best.away < 40 ? best.line : null;
  }
  const axis = (label) => ({
    label,
    stroke: css("--ink"),
    labelSize: 18,
    labelFont: "12px system-ui",
    font: "11px system-ui",
    grid: { stroke: css("--grid"), width: 1 },
    ticks: { stroke: css("--grid") },
  });
  const sheet = document.createElement("canvas");
  sheet.className = "sheet";
  const plot = new uPlot(
    {
      width: widthOf(into),
      height: HEIGHT,
      scales: {
        x: {
          time: false,
          distr: state.logx ? 3 : 1,
          range: (_, min, max) => (state.zoom ? state.zoom.map((e) => e + shift) : [min, max]),
        },
        y: { range: () => range, distr: state.logy ? 3 : 1 },
      },
      series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
      legend: { show: false },
      cursor: {
        points: { show: false },
        drag: { x: true, y: state.drag === "select", setScale: false, dist: 4 },
        bind: { dblclick: () => () => zoomed(null) },
      },
      axes: [
        axis(state.logx ? "epoch + 1" : "epoch"),
        { ...axis(curve.unit || curve.title), size: 56 },
      ],
      hooks: {
        ready: [(u) => u.root.querySelector(".u-wrap").append(sheet)],
        draw: [paint],
        setCursor: [moved],
        setSelect: [chose],
      },
    },
    [xs, xs.map(() => null)],
    into,
  );

  function zoomed(zoom) {
    keep({ zoom });
    for (const { plot: each } of all()) each.setData(each.data, true);
  }
  /** An area was dragged: zoom in all panels, or select the runs that pass through it. */
  function chose(u) {
    const { left, top, width, height } = u.select;
    if (width < 4) return;
    dragged = true;
    const epochsOf = [left, left + width].map((x) => u.posToVal(x, "x") - shift);
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (state.drag === "zoom") {
      zoomed(epochsOf.map((e) => Math.min(epochs - 1, Math.max(0, e))));
      return;
    }
    const [high, low] = [top, top + height].map((y) => u.posToVal(y, "y"));
    const [from, to] = [Math.ceil(epochsOf[0]), Math.floor(epochsOf[1])];
    change({
      brush: { metric: curve.name, from, to: Math.max(from, to), low, high },
      view: "runs",
    });
  }
  function moved(u) {
    const { left, top } = u.cursor;
    if (left == null || left < 0 || !plot) return;
    const epoch = u.cursor.idx ?? 0;
    point(nearest(epoch, top), epoch);
  }
  function point(line, epoch) {
    if (line !== near) {
      near = line;
      mark(plot);
    }
    if (line) told(`${line.name}: ${format(line.y[epoch])} at epoch ${epoch}`);
  }
  let at = { line: 0, epoch: epochs - 1 };
  into.tabIndex = 0;
  into.setAttribute("role", "group");
  into.addEventListener("click", (event) => {
    if (event.detail === 1 && near?.run && !dragged) pin(near.run);
    dragged = false;
  });
  into.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
    if (event.key === "Enter" && near?.run) pin(near.run);
    if (event.key === "Escape") zoomed(null);
    if (!steps[event.key] || !lines.length) return;
    event.preventDefault();
    const [l, e] = steps[event.key];
    at = {
      line: (at.line + l + lines.length) % lines.length,
      epoch: Math.min(epochs - 1, Math.max(0, at.epoch + e)),
    };
    point(lines[at.line], at.epoch);
  });
  return { destroy: () => plot.destroy(), plot, lines };
}

/** The range of values that all panels share. */
export function valueRange(lines, curve) {
  let low = Infinity;
  let high = -Infinity;
  for (const line of lines)
    for (const ys of [line.y, line.low, line.high]) {
      if (!ys) continue;
      for (let e = 0; e < ys.length; e++) {
        const v = ys[e];
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
