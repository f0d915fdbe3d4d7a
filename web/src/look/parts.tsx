/** The few parts that pages are made of. Classes stand in parts.css. */

import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

interface IconProps {
  of: LucideIcon;
  className?: string;
}

/** Always beside a word that says the same, so hidden from screen readers. */
export function Icon({ of: Drawing, className = "" }: IconProps) {
  return <Drawing className={`icon ${className}`} aria-hidden="true" />;
}

type Weight = "main" | "second" | "quiet";

function classOf(weight: Weight): string {
  return weight === "main" ? "button" : `button button-${weight}`;
}

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled" | "className"> {
  weight?: Weight;
  icon?: LucideIcon;
  /** Shown as resting but still focusable, so that a screen reader finds it; a press does nothing. */
  resting?: boolean;
}

export function Button({ weight = "main", icon, resting = false, onClick, children, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classOf(weight)}
      aria-disabled={resting || undefined}
      onClick={resting ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon of={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface ButtonLinkProps extends Omit<ComponentProps<"a">, "className"> {
  weight?: Weight;
  icon?: LucideIcon;
}

export function ButtonLink({ weight = "main", icon, children, ...rest }: ButtonLinkProps) {
  return (
    <a {...rest} className={classOf(weight)}>
      {icon && <Icon of={icon} />}
      <span>{children}</span>
    </a>
  );
}

interface NoteProps {
  icon: LucideIcon;
  tone?: "wait" | "warn" | "stop";
  role?: "status" | "alert";
  children: ReactNode;
}

export function Note({ icon, tone = "wait", role, children }: NoteProps) {
  return (
    <div className={`note note-${tone} appear`} role={role}>
      <Icon of={icon} />
      {children}
    </div>
  );
}

interface ProgressProps {
  /** 0…1 */
  share: number;
  label: string;
}

export function Progress({ share, label }: ProgressProps) {
  const percent = Math.floor(share * 100);
  return (
    <div className="progress" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <span style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}

/** A grey line in the shape of the text to come; `width` in em. */
export function SkeletonLine({ width, size = 1 }: { width: number; size?: number }) {
  return <div className="skeleton skeleton-line" style={{ maxWidth: `${width}em`, fontSize: `${size}em` }} />;
}
