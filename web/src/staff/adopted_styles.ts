/**
 * In the place of `@rc-component/util`'s `dynamicCSS` (vite.config.ts), with its names: what Ant Design would write into `<style>`
 * elements, which the pages' content security policy forbids, goes into sheets that the document adopts.
 */
const sheets = new Map<string, CSSStyleSheet>();

/** Source: CSSOM `adoptedStyleSheets`. Returns an element that is in no document, for callers mark it. */
export function updateCSS(css: string, key: string): HTMLStyleElement {
  let sheet = sheets.get(key);
  if (sheet === undefined) {
    sheets.set(key, (sheet = new CSSStyleSheet()));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(css);
  return document.createElement("style");
}

export function removeCSS(key: string): void {
  const sheet = sheets.get(key);
  sheets.delete(key);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
}

let unnamed = 0;

export function injectCSS(css: string): HTMLStyleElement {
  return updateCSS(css, `unnamed ${unnamed++}`);
}

export function clearContainerCache(): void {
  // Nothing is kept by container.
}
