/** Removes the images that the viewer kept on this device. Its code is fetched only if it is not here yet. */
export async function forgetImages(): Promise<void> {
  const { clearPixelStore } = await import("../viewer/loader/pixel_store");
  await clearPixelStore();
}
