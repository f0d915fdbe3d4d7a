/** What is wrong with an agent, as it told itself. */

import type { Agent } from "../../api/staff_types";
import type { Tone } from "../state_tag";

export function toneOf(state: Agent["state"]): Tone {
  return ({ online: "good", silent: "stop", waiting: "wait", revoked: "wait" } as const)[state];
}

export interface Trouble {
  kind: "full" | "low" | "parked" | "overdue";
  n: number;
}

/** Below this the operator should free some, long before the agent refuses images. */
const LOW_BYTES = 20e9;

export function troublesOf({ state, heartbeat }: Pick<Agent, "state" | "heartbeat">): Trouble[] {
  if (heartbeat === null || state === "revoked") return [];
  const { full, free_bytes, parked, overdue } = heartbeat;
  const found: Trouble[] = [];
  if (full) found.push({ kind: "full", n: 0 });
  else if (free_bytes < LOW_BYTES) found.push({ kind: "low", n: 0 });
  if (parked > 0) found.push({ kind: "parked", n: parked });
  if (overdue > 0) found.push({ kind: "overdue", n: overdue });
  return found;
}
