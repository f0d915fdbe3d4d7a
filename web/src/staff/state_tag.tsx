import { CircleAlert, CircleCheck, CircleDashed, CircleX, type LucideIcon } from "lucide-react";

import { Icon } from "../look/parts";

export type Tone = "good" | "wait" | "warn" | "stop";

const ICONS: Record<Tone, LucideIcon> = { good: CircleCheck, wait: CircleDashed, warn: CircleAlert, stop: CircleX };

/** A state: colour, drawing and word say the same. */
export function StateTag({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={`state-tag tone-${tone}`}>
      <Icon of={ICONS[tone]} />
      {children}
    </span>
  );
}
