import { describe, expect, it } from "vitest";

import { beginVisit, createAhead } from "./ahead";
import { requestOf } from "./request";

const SERIES = "a".repeat(32);
const PLACE = { base: "/pixels/k1/renhe/s/a/", index: "1.index" };

function network(answer: (url: string) => Promise<Response> = () => Promise.resolve(new Response("{}"))) {
  const sent: string[] = [];
  const clock = { now: 0 };
  const fetch = (url: string, init: RequestInit = {}) => {
    sent.push(`${init.method ?? "GET"} ${url}`);
    return answer(url);
  };
  return { sent, clock, ahead: createAhead({ fetch, now: () => clock.now }) };
}

describe("requests sent ahead", () => {
  it("are answered once to whoever asks the same, and never sent twice for it", async () => {
    const { sent, ahead } = network();
    const { url, init } = requestOf("GET", "/exam");
    void ahead.begin(url, init);
    await ahead.fetch(url, requestOf("GET", "/exam").init);
    expect(sent).toHaveLength(1);
    await ahead.fetch(url, init);
    expect(sent).toHaveLength(2);
  });

  it("answer no other question: another link, another range, another method", async () => {
    const { sent, ahead } = network();
    const link = requestOf("POST", "/links/open", { token: "one" });
    void ahead.begin(link.url, link.init);
    void ahead.begin("/x", { method: "GET" });
    await ahead.fetch(link.url, requestOf("POST", "/links/open", { token: "two" }).init);
    await ahead.fetch("/x", { headers: { Range: "bytes=0-1" } });
    expect(sent).toHaveLength(4);
  });

  it("are forgotten after ten seconds: a signature ages", async () => {
    const { sent, clock, ahead } = network();
    void ahead.begin("/x", {});
    clock.now = 10_001;
    await ahead.fetch("/x", {});
    expect(sent).toHaveLength(2);
  });

  it("tell a failure to whoever takes the answer", async () => {
    const { ahead } = network(() => Promise.reject(new TypeError("Failed to fetch")));
    void ahead.begin("/x", {}).catch(() => undefined);
    await expect(ahead.fetch("/x", {})).rejects.toThrow("Failed to fetch");
  });
});

describe("the beginning of a visit", () => {
  const api = "/api/patient/v1";

  it("opens a link, and nothing else: there is no session yet", () => {
    const { sent, ahead } = network();
    beginVisit(ahead, { token: "T".repeat(27), series: null });
    expect(sent).toEqual([`POST ${api}/links/open`]);
  });

  it("asks nothing for a link that was cut", () => {
    const { sent, ahead } = network();
    beginVisit(ahead, { token: "", series: null });
    expect(sent).toEqual([]);
  });

  it("asks for exam and series side by side, and for the index as soon as its place is known", async () => {
    const { sent, ahead } = network(() => Promise.resolve(new Response(JSON.stringify(PLACE))));
    beginVisit(ahead, { token: null, series: SERIES });
    expect(sent).toEqual([`GET ${api}/exam`, `POST ${api}/series/${SERIES}/open`]);
    await expect.poll(() => sent.at(-1)).toBe("GET /pixels/k1/renhe/s/a/1.index");
    const place = await ahead.fetch(`${api}/series/${SERIES}/open`, requestOf("POST", "").init);
    expect(await place.json()).toEqual(PLACE);
  });

  it("asks for no index when the series is refused", async () => {
    const refused = () => Promise.resolve(new Response(JSON.stringify({ code: "session_missing" }), { status: 401 }));
    const { sent, ahead } = network(refused);
    beginVisit(ahead, { token: null, series: SERIES });
    const place = await ahead.fetch(`${api}/series/${SERIES}/open`, requestOf("POST", "").init);
    expect(place.status).toBe(401);
    expect(sent).toHaveLength(2);
  });
});
