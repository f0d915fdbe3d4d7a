import { useEffect, useRef, type ReactNode } from "react";

import { useTitle } from "../text";
import { useStaffText } from "../text/staff";

interface PageProps {
  title: string;
  /** Beside the title: what can be done here. */
  actions?: ReactNode;
  lead?: ReactNode;
  children: ReactNode;
}

/** One page of the desk; its heading takes the focus, so that a screen reader says where the reader is. */
export function Page({ title, actions, lead, children }: PageProps) {
  const { t } = useStaffText();
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(`${title} · ${t("product")}`);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="desk-page">
      <header className="desk-top">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className="quiet">{lead}</p>}
        </div>
        {actions && <div className="desk-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
