import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import { describe, expect, it, vi } from "vitest";

import { patientDoors } from "../../api/doors";
import { createTransport } from "./transport";

const BASE = "/pixels/k1/t/s/x/";
const DATA = Uint8Array.from({ length: 100 }, (_, i) => i);

/** A cloud of one object; `answers` replaces those of reads, one after the other. */
function cloud(answers: (Response | Error)[] = [], span = 240_000) {
  let clock = 1_000_000;
  const asked: { url: string; init?: RequestInit | undefined }[] = [];
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    asked.push({ url, init });
    if (url.startsWith("/api/")) {
      const at = (ms: number) => new Date(clock + ms).toISOString();
      return Response.json({ base: BASE, index: "i.index", expires_at: at(span * 1.25), renew_at: at(span) });
    }
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    const [, start, last] = /bytes=(\d+)-(\d+)/.exec((init?.headers as Record<string, string>).Range!)!;
    return new Response(DATA.slice(Number(start), Number(last) + 1), { status: 206 });
  };
  const transport = createTransport("series", { fetch, now: () => clock, door: patientDoors.series });
  const opened = () => asked.filter(({ url }) => url.startsWith("/api/")).length;
  return { transport, asked, opened, pass: (ms: number) => (clock += ms) };
}

describe("a signed place", () => {
  it("is opened once for many reads", async () => {
    const { transport, opened } = cloud();
    await Promise.all([transport.range("a.low", 0, 10, {}), transport.range("a.low", 10, 20, {})]);
    expect(opened()).toBe(1);
  });

  it("is renewed when that is due, before a read", async () => {
    const { transport, opened, pass } = cloud();
    await transport.range("a.low", 0, 10, {});
    pass(241_000);
    await transport.range("a.low", 0, 10, {});
    expect(opened()).toBe(2);
  });

  it("is renewed in time by a device whose clock is an hour off", async () => {
    const behind = cloud([], -3_600_000);
    await behind.transport.range("a.low", 0, 10, {});
    await behind.transport.range("a.low", 0, 10, {});
    expect(behind.opened()).toBe(1);
    const ahead = cloud([], 3_600_000);
    await ahead.transport.range("a.low", 0, 10, {});
    ahead.pass(300_000);
    await ahead.transport.range("a.low", 0, 10, {});
    expect(ahead.opened()).toBe(2);
  });

  it("is renewed once after a refusal, and then the refusal is told", async () => {
    const once = cloud([new Response(null, { status: 403 })]);
    expect(await once.transport.range("a.low", 5, 8, {})).toEqual(DATA.slice(5, 8));
    expect(once.opened()).toBe(2);
    const twice = cloud([new Response(null, { status: 403 }), new Response(null, { status: 403 })]);
    await expect(twice.transport.range("a.low", 5, 8, {})).rejects.toMatchObject({ kind: "refused" });
  });
});

describe("a range", () => {
  it("that lies in the archive is told as archived, and no signature is renewed for it", async () => {
    const { transport, opened } = cloud([new Response("<Error><Code>InvalidObjectState</Code></Error>", { status: 403 })]);
    await expect(transport.range("a.rest", 0, 10, {})).rejects.toMatchObject({ kind: "archived" });
    expect(opened()).toBe(1);
  });

  it("is told as it arrives and asked for without the HTTP cache", async () => {
    const { transport, asked } = cloud();
    const filled: number[] = [];
    await transport.range("a.low", 20, 60, { received: (_, count) => filled.push(count) });
    expect(filled.at(-1)).toBe(40);
    expect(asked.at(-1)?.init).toMatchObject({ cache: "no-store", headers: { Range: "bytes=20-59" } });
    await transport.range("a.low", 20, 60, { fresh: true });
    expect(asked.at(-1)?.init?.cache).toBe("reload");
  });

  it("is cut out of the whole when a proxy drops the Range header", async () => {
    const { transport } = cloud([new Response(DATA, { status: 200 })]);
    expect(await transport.range("a.low", 20, 60, {})).toEqual(DATA.slice(20, 60));
  });

  it.each([
    [401, "signedOut"], [404, "gone"], [410, "gone"], [429, "unavailable"], [500, "unavailable"], [503, "unavailable"],
  ])("with status %i fails as %s", async (status, kind) => {
    const { transport } = cloud([new Response(null, { status })]);
    await expect(transport.range("a.low", 0, 10, {})).rejects.toMatchObject({ kind });
  });

  it("that never begins, or breaks off, is a failure of the line", async () => {
    const dead = cloud([new TypeError("Failed to fetch")]);
    await expect(dead.transport.range("a.low", 0, 10, {})).rejects.toMatchObject({ kind: "offline" });
    const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError("network error")) });
    const torn = cloud([new Response(broken, { status: 206 })]);
    await expect(torn.transport.range("a.low", 0, 10, {})).rejects.toMatchObject({ kind: "offline" });
  });

  it.each([
    ["shorter", new Response(DATA.slice(0, 5), { status: 206 })],
    ["another one", new Response(DATA.slice(1, 11), { status: 206, headers: { "Content-Range": "bytes 1-10/100" } })],
    ["cut at the object's end", new Response(DATA.slice(0, 5), { status: 206, headers: { "Content-Range": "bytes 0-4/5" } })],
    ["outside of the object", new Response(null, { status: 416 })],
  ])("that is %s is damaged", async (_, answer) => {
    const { transport } = cloud([answer]);
    await expect(transport.range("a.low", 0, 10, {})).rejects.toMatchObject({ kind: "damaged" });
  });
});

describe("a page of the index", () => {
  const text = JSON.stringify({ schema: "series_index.v1" });
  const packed = gzipSync(text);
  const name = `${createHash("sha256").update(packed).digest("hex")}.index`;
  const answer = (bytes: Uint8Array) => new Response(bytes.slice(), { status: 200 });
  const flipped = Uint8Array.from(packed, (byte, i) => (i === 12 ? byte ^ 1 : byte));

  it("is read when its name vouches for it", async () => {
    expect(await cloud([answer(packed)]).transport.page(name)).toEqual(JSON.parse(text));
  });

  it("is read by browsers that cannot unpack gzip themselves", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    expect(await cloud([answer(packed)]).transport.page(name)).toEqual(JSON.parse(text));
    vi.unstubAllGlobals();
  });

  it("is fetched once more past every cache when it is another, and then refused", async () => {
    const once = cloud([answer(flipped), answer(packed)]);
    expect(await once.transport.page(name)).toEqual(JSON.parse(text));
    expect(once.asked.at(-1)?.init?.cache).toBe("reload");
    const twice = cloud([answer(flipped), answer(packed.subarray(0, 20))]);
    await expect(twice.transport.page(name)).rejects.toMatchObject({ kind: "damagedSeries" });
  });

  it("that was written wrong is malformed, not damaged", async () => {
    const wrong = gzipSync("{");
    const { transport } = cloud([answer(wrong)]);
    const named = `${createHash("sha256").update(wrong).digest("hex")}.index`;
    await expect(transport.page(named)).rejects.toMatchObject({ kind: "malformed" });
  });
});
