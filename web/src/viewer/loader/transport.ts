/** Reads a signed place: renews its signature in time, and once more when storage refuses; says why it failed. */
import { Damaged, fetchNamed } from "../../api/named";
import type { SeriesPlace } from "../../api/types";
import { asViewerError, ViewerError } from "./errors";
import { gunzip } from "./gunzip";

export interface Transport {
  /** Opens the series, or renews its signature when that is due. */
  place(): Promise<SeriesPlace>;
  /** Opens the series anew: where its full images lie may have changed. */
  renew(): Promise<SeriesPlace>;
  /**
   * A page of the index, parsed; its name vouches for its bytes.
   *
   * @throws ViewerError `damagedSeries` when it came twice and was twice another.
   */
  page(name: string): Promise<unknown>;
  /**
   * Reads bytes `start` to `end` (exclusive) of an object.
   *
   * @param received told as bytes arrive: the buffer and how much of it is filled.
   * @param fresh past every cache, after a checksum failed.
   * @throws ViewerError `damaged` when the answer is another range, or shorter; `archived` when storage must fetch it first.
   */
  range(object: string, start: number, end: number, options: RangeOptions): Promise<Uint8Array>;
}

export interface RangeOptions {
  signal?: AbortSignal;
  fresh?: boolean;
  received?: (buffer: Uint8Array, filled: number) => void;
}

export interface TransportDeps {
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Epoch ms. */
  now: () => number;
  /** Address that opens it. */
  door: (series: string) => string;
}

/** A device whose clock is wrong still renews: the answer's own span is trusted within these bounds. */
const SHORTEST_MS = 15_000;
const LONGEST_MS = 240_000;

export function createTransport(series: string, { fetch, now, door }: TransportDeps): Transport {
  let current: SeriesPlace | null = null;
  let renewAt = 0;
  let opening: Promise<SeriesPlace> | null = null;

  async function open(): Promise<SeriesPlace> {
    const answer = await send(door(series), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
      credentials: "same-origin",
    });
    if (!answer.ok) throw refusal(answer.status);
    const place = (await answer.json()) as SeriesPlace;
    renewAt = now() + Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Date.parse(place.renew_at) - now()));
    current = place;
    return place;
  }

  const renew = () => (opening ??= open().finally(() => (opening = null)));
  const place = () => (current && now() < renewAt ? Promise.resolve(current) : renew());

  async function send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ViewerError("offline", error instanceof Error ? error.message : "fetch");
    }
  }

  async function get(name: string, init: RequestInit): Promise<Response> {
    const url = `${(await place()).base}${name}`;
    let answer = await send(url, init);
    if (answer.status === 403 && !(await isArchived(answer))) {
      await renew();
      answer = await send(url, init);
    }
    if (answer.status === 403 && (await isArchived(answer))) throw new ViewerError("archived", name);
    if (!answer.ok) throw refusal(answer.status);
    return answer;
  }

  return {
    place,
    renew,
    async page(name) {
      const packed = await fetchNamed(name, (fresh) =>
        get(name, { credentials: "same-origin", cache: fresh ? "reload" : "no-store" }),
      ).catch((error: unknown) => {
        throw error instanceof Damaged ? new ViewerError("damagedSeries", error.message) : error;
      });
      try {
        return JSON.parse(await gunzip(packed)) as unknown;
      } catch (error) {
        throw new ViewerError("malformed", String(error)); // as it was written
      }
    },
    async range(object, start, end, { signal, fresh, received }) {
      // Ranges stay out of the HTTP cache: our own store keeps them, and sign-out can empty it.
      const answer = await get(object, {
        signal,
        credentials: "same-origin",
        cache: fresh ? "reload" : "no-store",
        headers: { Range: `bytes=${start}-${end - 1}` },
      });
      const part = /^bytes (\d+)-(\d+)/.exec(answer.headers.get("Content-Range") ?? "");
      if (answer.status === 206 && part && (Number(part[1]) !== start || Number(part[2]) !== end - 1)) {
        void answer.body?.cancel();
        throw new ViewerError("damaged", `${part[0]} instead of ${start}-${end - 1}`);
      }
      return readBody(answer, answer.status === 206 ? 0 : start, end - start, received);
    },
  };
}

async function readBody(
  answer: Response,
  skip: number,
  length: number,
  received: RangeOptions["received"],
): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const reader = answer.body?.getReader();
  let [passed, filled] = [0, 0];
  try {
    while (reader && filled < length) {
      const { value, done } = await reader.read();
      if (done) break;
      const from = Math.max(0, skip - passed); // a server that ignores Range sends everything
      passed += value.length;
      const part = value.subarray(from, Math.min(value.length, from + length - filled));
      if (part.length === 0) continue;
      buffer.set(part, filled);
      filled += part.length;
      received?.(buffer, filled);
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asViewerError(error);
  }
  if (filled < length) throw new ViewerError("damaged", `answer ended after ${filled} of ${length} bytes`);
  if (answer.status !== 206) void reader?.cancel();
  return buffer;
}

/** S3 says so in its answer's body, and a CDN hands that on. */
async function isArchived(answer: Response): Promise<boolean> {
  return (await answer.clone().text().catch(() => "")).includes("InvalidObjectState");
}

function refusal(status: number): ViewerError {
  if (status === 401) return new ViewerError("signedOut", "401");
  if (status === 403) return new ViewerError("refused", "403");
  if (status === 416) return new ViewerError("damaged", "416"); // the object is shorter than its index says
  if (status === 404 || status === 410) return new ViewerError("gone", String(status));
  return new ViewerError("unavailable", String(status));
}
