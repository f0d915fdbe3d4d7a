/** gzip by the browser itself, or by a small library where the browser is older than that. */

/** @throws whatever the decoder throws for bytes that are no gzip. */
export async function gunzip(packed: Blob): Promise<string> {
  if (typeof DecompressionStream === "undefined") {
    const { gunzipSync, strFromU8 } = await import("fflate");
    return strFromU8(gunzipSync(new Uint8Array(await packed.arrayBuffer())));
  }
  return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
