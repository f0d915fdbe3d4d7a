/**
 * What can go wrong between storage and picture. Each kind has one sentence in `text/` (`viewer.error.<kind>`) and says
 * whether trying again can help.
 *
 *     ViewerError
 *     ├── offline        no answer from the network
 *     ├── gone           404, 410: the series is no longer there
 *     ├── signedOut      401: the session ended
 *     ├── refused        403 after a renewed signature
 *     ├── unavailable    5xx, 429
 *     ├── archived       it lies in the archive, has been asked for, and comes by itself
 *     ├── damaged        a piece that came twice and was twice not what the index says
 *     ├── damagedSeries  an index that came twice and was twice not what its name says
 *     ├── malformed      an index that this reader does not know
 *     ├── unsupported    a codec that this reader cannot decode
 *     ├── withheld       an image that came in versions which show different pictures
 *     └── undecodable    intact bytes that the codec refuses
 */
export type ErrorKind =
  | "offline" | "gone" | "signedOut" | "refused" | "unavailable" | "archived" | "damaged" | "damagedSeries" | "malformed"
  | "unsupported" | "withheld" | "undecodable";

const RETRY: Record<ErrorKind, boolean> = {
  offline: true,
  gone: false,
  signedOut: false,
  refused: true,
  unavailable: true,
  archived: false,
  damaged: true,
  damagedSeries: true,
  malformed: false,
  unsupported: false,
  withheld: false,
  undecodable: false,
};

export class ViewerError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, detail: string) {
    super(detail);
    this.name = "ViewerError";
    this.kind = kind;
  }

  /** Whether waiting or asking again can help. */
  get retry(): boolean {
    return RETRY[this.kind];
  }
}

/** @returns the error as a ViewerError; what is not one came from the network layer. */
export function asViewerError(error: unknown): ViewerError {
  if (error instanceof ViewerError) return error;
  return new ViewerError("offline", error instanceof Error ? error.message : String(error));
}
