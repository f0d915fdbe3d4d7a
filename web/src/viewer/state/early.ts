/**
 * The series that the page's address names, opened before the pages' code is here: its first image is fetched, decoded and drawn
 * while React is still on its way.
 */
import { patientDoors } from "../../api/doors";
import type { PatientExam } from "../../api/types";
import { parseRoute } from "../../routes";
import { createDevice, type OpenDevice } from "./device";
import { seriesOf } from "./exam_series";
import { showFirstPicture, whenDrawable } from "./first_picture";
import { createSession, type Session } from "./session";

interface Early {
  series: string;
  device: OpenDevice;
  begun: Session;
  /** The exam names them, and it comes later. */
  tellPages: (pages: readonly string[]) => void;
}

let early: Early | null = null;

/**
 * @param exam null when it did not come: then the page says why, and nothing is shown before.
 * @returns when the first image is on the screen in full, or will not be before the page itself is.
 */
export function beginEarly(series: string, exam: Promise<PatientExam | null>): Promise<void> {
  const device = createDevice();
  let tellPages: Early["tellPages"] = () => undefined;
  const pages = new Promise<readonly string[]>((resolve) => (tellPages = resolve));
  const begun = createSession({ series, pages: () => pages, door: patientDoors.series }, device);
  const mine = (early = { series, device, begun, tellPages });
  device.open();
  begun.open();
  return new Promise((done) => {
    const stop = begun.phase.subscribe(() => {
      const { now } = begun.phase.get();
      if (now.state === "opening") return;
      stop();
      if (now.state === "failed") return done();
      whenDrawable(now, async () => {
        const all = seriesOf((await exam) ?? { studies: [] });
        const meant = parseRoute(window.location.hash);
        const named = meant.page === "series" && meant.series === series; // still
        const marked = now.loader.archived; // a preview bears words, which come with the page
        const wanted = early === mine && named && !marked && all.some((one) => one.series === series); // not taken, and to be seen
        if (wanted) showFirstPicture(now, all.length > 1, done);
        else done();
      });
    });
  });
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
