/**
 * What the page's first script put over the page: the first image, before the pages' code is here. It stays until the same image
 * is drawn below it, or any other page opens or is meant.
 */
let end: (() => void) | null = null;

/** @param take takes it off the page. */
export function coverPage(take: () => void): void {
  uncoverPage();
  end = take;
  window.addEventListener("hashchange", uncoverPage);
}

/** Nothing where nothing covers it. */
export function uncoverPage(): void {
  window.removeEventListener("hashchange", uncoverPage);
  end?.();
  end = null;
}
