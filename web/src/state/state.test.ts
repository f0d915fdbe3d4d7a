import { describe, expect, it } from "vitest";

import type { ExamSeries, ExamStudy, PatientExam } from "../api/types";
import { arrivalOf, imagesOf, pagesOf, pollAfter, shareOf } from "./arrival";
import { tokenIn } from "./link_token";
import { renewAfter, examOfDerived } from "./signed";
import { FITTED, fit, LARGEST, panBy, zoomAt } from "./zoom";

function study(received: number, declared: number | null, complete: boolean, series: ExamSeries[] = []): ExamStudy {
  return { study: "s", description: "", received, declared, complete, series };
}

function series(thumbnail: string | null): ExamSeries {
  const counts = { frames: 150, received: 150, declared: 150, complete: true };
  return { series: "r", number: 1, modality: "CT", description: "", body_part: "", thumbnail, index: "i.index", pages: ["i.index"], ...counts };
}

function exam(studies: ExamStudy[], changes: Partial<PatientExam> = {}): PatientExam {
  return {
    exam: "x",
    state: "published",
    hospital: { name: "", phone: "", hours: "", time_zone: "Asia/Shanghai" },
    patient: { name: "张*", sex: "M", age: "063Y" },
    item: "",
    modalities: ["CT"],
    at: "2026-11-24T06:05:00Z",
    report: { state: "audited", version: 1 },
    studies,
    films: [{ study: "s", pages: ["a", "b"], pdf: null, width: 1, height: 1 }],
    ...changes,
  };
}

describe("a part", () => {
  it("is never called the whole, whatever the counts say", () => {
    expect(arrivalOf({ received: 300, declared: 300, complete: false })).toEqual({ state: "arriving", received: 300, declared: 300 });
    expect(shareOf({ state: "arriving", received: 300, declared: 300 })).toBeLessThan(1);
    expect(shareOf({ state: "arriving", received: 301, declared: 300 })).toBeLessThan(1);
  });

  it("of one study makes the exam partial", () => {
    expect(imagesOf(exam([study(10, 10, true), study(204, 290, false)]))).toEqual({ state: "arriving", received: 214, declared: 300 });
  });

  it("has no total while one study's is unknown", () => {
    const arrival = imagesOf(exam([study(10, 10, true), study(204, null, false)]));
    expect(arrival).toEqual({ state: "arriving", received: 214, declared: null });
    expect(shareOf(arrival)).toBeNull();
  });

  it("is nothing before the first image, unless images were announced", () => {
    expect(imagesOf(exam([])).state).toBe("none");
    expect(imagesOf(exam([study(0, null, false)])).state).toBe("none");
    expect(imagesOf(exam([study(0, 300, false)])).state).toBe("arriving");
  });

  it("is the whole when the cloud says so", () => {
    expect(imagesOf(exam([study(300, 300, true)]))).toEqual({ state: "complete", received: 300 });
    expect(shareOf({ state: "complete", received: 300 })).toBe(1);
  });
});

describe("the exam is asked for again", () => {
  const whole = [study(300, 300, true)];
  it("often while images arrive, then for its film, its small pictures, its report, then now and then: it may be taken back", () => {
    const waits = [
      pollAfter(exam([study(214, 300, false)])),
      pollAfter(exam(whole, { films: [] })),
      pollAfter(exam([study(300, 300, true, [series("a.thumb.jpg"), series(null)])])),
      pollAfter(exam(whole, { report: null })),
      pollAfter(exam([study(300, 300, true, [series("a.thumb.jpg")])])),
    ];
    expect(waits).toEqual([4_000, 8_000, 15_000, 30_000, 60_000]);
    expect(pagesOf(exam(whole))).toBe(2);
  });
});

describe("the link's token", () => {
  it("[PAT-01] is read from the fragment of the SMS and of the QR code", () => {
    expect(tokenIn("#t=AbCdEfGhIjKlMnOpQrStUvWxYz0")).toBe("AbCdEfGhIjKlMnOpQrStUvWxYz0");
  });

  it("is told apart from a page's own fragment, and from one that was cut or altered", () => {
    expect(tokenIn("#/report")).toBeNull();
    expect(tokenIn("")).toBeNull();
    expect(tokenIn("#t=")).toBe("");
    expect(tokenIn("#t=AbCd")).toBe("");
    expect(tokenIn("#t=AbCdEfGhIjKlMnOpQrSt<script>")).toBe("");
  });
});

describe("a signed place", () => {
  const place = { base: "/pixels/", expires_at: "2026-11-24T06:10:00Z", renew_at: "2026-11-24T06:09:00Z" };
  it("is renewed when it says, and never in a tight loop", () => {
    expect(renewAfter(place, Date.parse("2026-11-24T06:05:00Z"))).toBe(240_000);
    expect(renewAfter(place, Date.parse("2026-11-24T07:00:00Z"))).toBe(5_000);
    expect(renewAfter({ ...place, renew_at: "soon" }, 0)).toBe(5_000);
  });

  it("of a report's PDF is its exam's", () => {
    expect(examOfDerived(`/derived/renhe/${"a".repeat(32)}/report/x.pdf`)).toBe("a".repeat(32));
    expect(examOfDerived("https://elsewhere/derived/renhe/a/report/x.pdf")).toBeNull();
  });
});

describe("zoom", () => {
  const picture = { width: 1240, height: 1754 };
  const frame = { width: 390, height: 700 };

  it("fits the whole sheet first", () => {
    expect(fit(picture, frame).width).toBeCloseTo(390);
    expect(fit({ width: 100, height: 1000 }, frame).height).toBeCloseTo(700);
  });

  it("keeps the point under the fingers where it is", () => {
    const point = { x: 50, y: -80 };
    const zoomed = zoomAt(FITTED, 3, point, picture, frame);
    expect((point.x - zoomed.x) / zoomed.scale).toBeCloseTo(point.x);
    expect((point.y - zoomed.y) / zoomed.scale).toBeCloseTo(point.y);
  });

  it("stays between the whole sheet and eight times", () => {
    expect(zoomAt(FITTED, 0.2, { x: 0, y: 0 }, picture, frame)).toEqual(FITTED);
    expect(zoomAt(FITTED, 100, { x: 0, y: 0 }, picture, frame).scale).toBe(LARGEST);
  });

  it("never loses the sheet out of its frame", () => {
    const zoomed = panBy(zoomAt(FITTED, 2, { x: 0, y: 0 }, picture, frame), 9_999, -9_999, picture, frame);
    expect(zoomed.x).toBeCloseTo(195);
    expect(zoomed.y).toBeCloseTo(-(fit(picture, frame).height * 2 - 700) / 2);
    expect(panBy(FITTED, 50, 50, picture, frame)).toEqual(FITTED);
  });
});
