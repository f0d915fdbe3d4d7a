import { describe, expect, it } from "vitest";

import { createClient } from "./client";
import { Refused, Unreachable } from "./errors";
import { createPatientApi } from "./patient";

interface Sent {
  url: string;
  init: RequestInit;
}

function answering(answer: () => Response | Promise<Response>) {
  const sent: Sent[] = [];
  const client = createClient({
    fetch: (url, init) => {
      sent.push({ url, init });
      return Promise.resolve().then(answer);
    },
    now: () => Date.parse("2026-11-24T06:00:00Z"),
  });
  return { client, sent, api: createPatientApi(client) };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers });

describe("the patient API's client", () => {
  it("sends a mutation as JSON to its own origin, with the session's cookie and without a credential of its own", async () => {
    const { api, sent } = answering(() => json(201, { expires_at: "2026-11-24T06:35:00Z" }));
    await api.startSession("tok", "phone_tail", "1234");
    const { url, init } = sent[0]!;
    expect(url).toBe("/api/patient/v1/sessions");
    expect(init).toMatchObject({ method: "POST", credentials: "same-origin", cache: "no-store" });
    expect(init.headers).toEqual({ Accept: "application/json", "Content-Type": "application/json" });
    expect(JSON.parse(init.body as string)).toEqual({ token: "tok", mode: "phone_tail", answer: "1234" });
  });

  it("[PLUS-06] never puts the link's token into an address", async () => {
    const token = "S3cretTokenS3cretTokenS3cre";
    const { api, sent } = answering(() => json(200, {}));
    await api.openLink(token);
    await api.startSession(token, "code", "123456");
    for (const { url, init } of sent) {
      expect(url).not.toContain(token);
      expect(JSON.stringify(init.headers)).not.toContain(token);
    }
  });

  it("asks each route by its documented name", async () => {
    const { api, sent } = answering(() => json(200, {}));
    await api.exam();
    await api.report();
    await api.openSeries("abc");
    await api.openDerived("def");
    await api.openLink("tok");
    expect(sent.map(({ url, init }) => `${init.method} ${url.replace("/api/patient/v1", "")}`)).toEqual([
      "GET /exam",
      "GET /report",
      "POST /series/abc/open",
      "POST /derived/open",
      "POST /links/open",
    ]);
  });

  it("takes 204 for an answer", async () => {
    const { api } = answering(() => json(204, null));
    await expect(api.endSession()).resolves.toBeUndefined();
  });

  it("reads a refusal's code and details, and leaves out what has another type", async () => {
    const hospital = { name: "仁和医院", phone: "0757", hours: "8–17", time_zone: "Asia/Shanghai" };
    const { api } = answering(() =>
      json(423, { code: "link_locked", retry: false, request_id: "r1", until: "2026-11-24T06:17:05Z", tries_left: "no", hospital }),
    );
    const error = await api.openLink("tok").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ status: 423, code: "link_locked", requestId: "r1", retry: false });
    expect((error as Refused).details).toEqual({ until: "2026-11-24T06:17:05Z", hospital });
  });

  it("keeps the status of an answer that is not ours, and thinks that waiting may help after a 5xx", async () => {
    const { api } = answering(() => new Response("<html>bad gateway</html>", { status: 502 }));
    await expect(api.exam()).rejects.toMatchObject({ status: 502, code: "unreadable", retry: true, requestId: null });
  });

  it("tells no answer from a refusal", async () => {
    const { api } = answering(() => {
      throw new TypeError("Failed to fetch");
    });
    await expect(api.exam()).rejects.toBeInstanceOf(Unreachable);
  });

  it("takes a cut answer for no answer", async () => {
    const { api } = answering(() => new Response('{"exam": "x', { status: 200 }));
    await expect(api.exam()).rejects.toBeInstanceOf(Unreachable);
  });

  it("goes by the cloud's clock, since a phone's own may be wrong", async () => {
    const { client } = answering(() => json(200, {}, { Date: "Tue, 24 Nov 2026 09:00:00 GMT" }));
    expect(client.now()).toBe(Date.parse("2026-11-24T06:00:00Z"));
    await client.send("GET", "/exam");
    expect(client.now()).toBe(Date.parse("2026-11-24T09:00:00Z"));
  });
});
