import { useEffect, useRef, useState, type RefObject } from "react";

/**
 * Whether an element has come near the visible part of the page; once true it stays so.
 *
 * @param margin around the visible part, as CSS writes it.
 */
export function useInSight<T extends Element>(margin: string): [RefObject<T | null>, boolean] {
  const element = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        setSeen(true);
        watcher.disconnect();
      },
      { rootMargin: margin },
    );
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [margin]);
  return [element, seen];
}
