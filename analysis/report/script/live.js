// While a sweep trains, the file is written anew: the page loads itself again and stays as it was.
import { byId } from "./dom.js";

const QUIET = 2000;
let touched = 0;

/** What is not in the address: where the reader is, and what was typed and opened. */
function remember() {
  const open = [...document.querySelectorAll("details")].map((d) => d.open);
  const inner = [...document.querySelectorAll(".scroll")].map((s) => [s.scrollLeft, s.scrollTop]);
  const focus = document.activeElement?.id ?? "";
  return { scroll: [scrollX, scrollY], find: byId("find")?.value ?? "", focus, open, inner };
}

/** Restore it after a page has loaded itself again. */
export function recall() {
  const then = history.state;
  if (!then?.scroll) return;
  if (byId("find")) byId("find").value = then.find;
  return () => {
    document.querySelectorAll("details").forEach((d, i) => {
      d.open = then.open[i] ?? false;
    });
    document.querySelectorAll(".scroll").forEach((s, i) => {
      s.scrollTo(...(then.inner[i] ?? [0, 0]));
    });
    if (then.focus) byId(then.focus)?.focus({ preventScroll: true });
    scrollTo(...then.scroll);
    history.replaceState(null, "");
  };
}

/** Load the page again every so many seconds, but never under the reader's hands. */
export function refresh() {
  const seconds = Number(document.body.dataset.refresh);
  if (!seconds) return;
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"])
    addEventListener(
      kind,
      () => {
        touched = Date.now();
      },
      { passive: true },
    );
  setTimeout(function again() {
    const busy = Date.now() - touched < QUIET || document.hidden || !byId("refresh").checked;
    if (busy) {
      setTimeout(again, QUIET / 2);
      return;
    }
    history.scrollRestoration = "manual";
    history.replaceState(remember(), "");
    location.reload();
  }, seconds * 1000);
}
