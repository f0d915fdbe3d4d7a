/** Reasons that have words; a newer cloud may send others. */

import { staffZhCN } from "../../text/staff.zh-CN";

export type KnownReason = keyof typeof staffZhCN.quarantine.reason;

export function isKnownReason(reason: string): reason is KnownReason {
  return reason in staffZhCN.quarantine.reason;
}
