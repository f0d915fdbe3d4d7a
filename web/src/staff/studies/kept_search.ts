import type { StudyQuery } from "../../api/staff_types";

export const NOTHING: StudyQuery = { text: "", from: null, to: null, state: null, modality: null };

let kept: StudyQuery = NOTHING;

/** What was searched for, kept while the page is open and nowhere else: it may be a name. */
export const keptSearch = (): StudyQuery => kept;

export function keepSearch(query: StudyQuery): void {
  kept = query;
}
