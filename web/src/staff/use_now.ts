import { useEffect, useState } from "react";

import { staffApi } from "../api/staff";

/** The cloud's time in epoch ms, told anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => staffApi.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(staffApi.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}
