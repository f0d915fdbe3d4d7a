/** What is wrong with an agent, as it told itself. */

import type { Agent } from "../../api/staff_types";
import type { Tone } from "../state_tag";

export function toneOf(state: Agent["state"]): Tone {
  return ({ running: "good", attention: "warn", full: "stop", silent: "stop", new: "wait", revoked: "wait" } as const)[state];
}

export interface Trouble {
  kind: "low" | "parked" | "overdue";
  n: number;
}

/** As the cloud's alarm: functions/core/study/alarms.py. */
const LOW_BYTES = 20 * 2 ** 30;

export function troublesOf({ state, heartbeat }: Pick<Agent, "state" | "heartbeat">): Trouble[] {
  if (heartbeat === null || state === "revoked") return [];
  const { full, free_bytes, parked, overdue } = heartbeat;
  const found: Trouble[] = [];
  if (!full && free_bytes < LOW_BYTES) found.push({ kind: "low", n: 0 });
  if (parked > 0) found.push({ kind: "parked", n: parked });
  if (overdue > 0) found.push({ kind: "overdue", n: overdue });
  return found;
}
