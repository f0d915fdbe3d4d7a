import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { Icon } from "../look/parts";

interface MissingProps {
  icon: LucideIcon;
  title: string;
  more: string;
  children?: ReactNode;
}

/** In place of what is not there yet: what, why, and what happens next. */
export function Missing({ icon, title, more, children }: MissingProps) {
  return (
    <section className="card missing" role="status">
      <div className="state-icon">
        <Icon of={icon} />
      </div>
      <h2>{title}</h2>
      <p className="quiet">{more}</p>
      {children}
    </section>
  );
}
