import { describe, expect, it } from "vitest";

import { Damaged, fetchNamed, isNamed } from "./named";

const RIGHT = new TextEncoder().encode("picture");
const NAME = "film/21c42d0eb9fa3e9bb8d4b5ef0bb3e87b1d11d7ad1f4e5b5f9a02ba07ac9dd2aa.jpg";
const nameOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  `${Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")}.thumb.jpg`;

/** Answers of that many wrong bodies, then right ones; remembers which were asked for past the caches. */
function storage(wrong: (Uint8Array<ArrayBuffer> | Error)[]) {
  const asked: boolean[] = [];
  return {
    asked,
    ask: async (fresh: boolean) => {
      asked.push(fresh);
      const body = wrong.shift() ?? RIGHT;
      if (!(body instanceof Error)) return new Response(body, { headers: { "Content-Type": "image/jpeg" } });
      const cut = new ReadableStream({ start: (controller) => controller.error(body) });
      return new Response(cut);
    },
  };
}

describe("an object's name", () => {
  it("vouches for its bytes and no others, wherever it stands in an address", async () => {
    const name = await nameOf(RIGHT);
    expect(await isNamed(RIGHT.buffer, name)).toBe(true);
    expect(await isNamed(RIGHT.buffer, `/pixels/k1/t/s/x/${name}`)).toBe(true);
    expect(await isNamed(RIGHT.buffer, NAME)).toBe(false);
    expect(await isNamed(RIGHT.buffer, `0${name}`)).toBe(false);
    expect(await isNamed(RIGHT.buffer, "i.index")).toBe(false);
  });

  it("catches every single flipped bit", async () => {
    const name = await nameOf(RIGHT);
    for (let bit = 0; bit < RIGHT.length * 8; bit++) {
      const flipped = RIGHT.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(await isNamed(flipped.buffer, name)).toBe(false);
    }
  });
});

describe("an object that is not what its name says", () => {
  const flipped = RIGHT.map((byte, i) => (i === 3 ? byte ^ 16 : byte));

  it.each([["flipped", flipped], ["short", RIGHT.slice(1)], ["cut off", new TypeError("network")]])(
    "%s, is fetched once more past every cache",
    async (_, wrong) => {
      const { ask, asked } = storage([wrong]);
      const blob = await fetchNamed(await nameOf(RIGHT), ask);
      expect(new Uint8Array(await blob.arrayBuffer())).toEqual(RIGHT);
      expect(blob.type).toBe("image/jpeg");
      expect(asked).toEqual([false, true]);
    },
  );

  it("twice, is refused", async () => {
    const { ask, asked } = storage([flipped, flipped]);
    await expect(fetchNamed(await nameOf(RIGHT), ask)).rejects.toBeInstanceOf(Damaged);
    expect(asked).toHaveLength(2);
  });
});
