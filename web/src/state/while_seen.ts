/** Asking again and again, by a page that somebody looks at. */

/** Calls `ask` every `pauseMs` while the page is seen, at once when it is seen again, and when the network is back. Returns the end of it. */
export function askWhileSeen(ask: () => void, pauseMs: number): () => void {
  const askIfSeen = () => {
    if (document.visibilityState === "visible") ask();
  };
  const timer = window.setInterval(askIfSeen, pauseMs);
  window.addEventListener("online", askIfSeen);
  document.addEventListener("visibilitychange", askIfSeen);
  return () => {
    window.clearInterval(timer);
    window.removeEventListener("online", askIfSeen);
    document.removeEventListener("visibilitychange", askIfSeen);
  };
}
