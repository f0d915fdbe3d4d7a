/**
 * The series that the page's address names, opened before the pages' code is here: its first image is fetched and decoded while
 * React is still on its way.
 */
import { createDevice, type OpenDevice } from "./device";
import { createSession, type Session } from "./session";

interface Early {
  series: string;
  device: OpenDevice;
  begun: Session;
  /** The exam names them, and it comes later. */
  tellPages: (pages: readonly string[]) => void;
}

let early: Early | null = null;

export function beginEarly(series: string): void {
  const device = createDevice();
  let tellPages: Early["tellPages"] = () => undefined;
  const pages = new Promise<readonly string[]>((resolve) => (tellPages = resolve));
  const begun = createSession({ series, pages: () => pages }, device);
  early = { series, device, begun, tellPages };
  device.open();
  begun.open();
}

/** @returns what was begun, once and for this series only; the caller closes both. */
export function takeEarly(series: string, pages: readonly string[]): Pick<Early, "device" | "begun"> | null {
  const taken = early;
  early = null;
  if (taken?.series !== series) {
    taken?.begun.close();
    taken?.device.close();
    return null;
  }
  taken.tellPages(pages);
  return taken;
}
