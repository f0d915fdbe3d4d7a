import {
  ChevronLeft, Contrast, Ellipsis, FastForward, FileText, Layers, Move, Pause, Play, Rewind, RotateCcw, Scan, SunMoon, X, ZoomIn,
  type LucideIcon,
} from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  back: ChevronLeft,
  close: X,
  report: FileText,
  more: Ellipsis,
  layers: Layers,
  contrast: Contrast,
  zoomIn: ZoomIn,
  move: Move,
  play: Play,
  pause: Pause,
  slower: Rewind,
  faster: FastForward,
  reset: RotateCcw,
  invert: SunMoon,
  actualSize: Scan,
};

/** Always beside a word, so hidden from screen readers. */
export function Icon({ name }: { name: string }) {
  const Shape = ICONS[name] ?? Layers;
  return <Shape className="viewer-icon" strokeWidth={1.75} aria-hidden="true" />;
}
