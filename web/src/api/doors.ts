/**
 * The doors to an exam's images: the same reading room opens for the patient, a guest of theirs and the hospital's staff, each
 * through a route of their own (docs/interfaces.md §3).
 */
import { API } from "./request";

export interface Doors {
  /** Address that signs one series' place, and renews its signature: `POST {}`. */
  series(name: string): string;
}

/** The patient's, or a guest's where the page is one. */
export const patientDoors: Doors = { series: (name) => `${API}/series/${encodeURIComponent(name)}/open` };
