import { clearPixelStore } from "../viewer/loader/pixel_store";

/** Removes the images that the viewer kept on this device. */
export function forgetImages(): Promise<void> {
  return clearPixelStore();
}
