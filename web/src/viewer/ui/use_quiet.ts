import { useEffect, useState, type RefObject } from "react";

const QUIET_MS = 3000;

/** True after three seconds without a touch, a move or a key: what surrounds the image steps back. */
export function useQuiet(root: RefObject<HTMLElement | null>, hold: boolean): boolean {
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    const element = root.current;
    if (!element || hold) return;
    let timer = 0;
    const wake = () => {
      setQuiet(false);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setQuiet(true), QUIET_MS);
    };
    wake();
    const events = ["pointerdown", "pointermove", "pointerup", "keydown", "focusin"] as const;
    for (const name of events) element.ownerDocument.addEventListener(name, wake, { passive: true });
    return () => {
      window.clearTimeout(timer);
      for (const name of events) element.ownerDocument.removeEventListener(name, wake);
    };
  }, [root, hold]);
  return quiet && !hold;
}
