/** What a queue is for; one of a newer cloud keeps its name. */

import type { StaffTranslate } from "../../text/staff";
import { staffZhCN } from "../../text/staff.zh-CN";

type KnownQueue = keyof typeof staffZhCN.queues.of;

function isKnown(name: string): name is KnownQueue {
  return name in staffZhCN.queues.of;
}

export function queueWords(name: string, t: StaffTranslate): string {
  return isKnown(name) ? t(`queues.of.${name}`) : name;
}
