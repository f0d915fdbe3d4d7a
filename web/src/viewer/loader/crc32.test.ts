import { crc32 as zlibCrc32 } from "node:zlib";
import { describe, expect, it } from "vitest";

import { crc32 } from "./crc32";

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);

describe("crc32", () => {
  it("gives the check value of the standard", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  it("equals zlib's for every length around its step of eight", () => {
    for (let length = 0; length <= 40; length++) expect(crc32(noise(length))).toBe(checksum(noise(length)));
    expect(crc32(noise(100_003))).toBe(checksum(noise(100_003)));
  });

  it("changes with every single flipped bit", () => {
    const bytes = noise(24);
    const whole = crc32(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(crc32(bytes)).not.toBe(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});

/** Python's zlib and Node's are one; older Nodes have none. */
function checksum(bytes: Uint8Array): number {
  if (typeof zlibCrc32 === "function") return zlibCrc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
