const NAMES: Record<string, string> = {
  " ": "Space",
  arrowdown: "↓",
  arrowup: "↑",
  pagedown: "PgDn",
  pageup: "PgUp",
  home: "Home",
  end: "End",
};

/** A hot key as it is printed on keyboards. */
export function keyName(hotkey: string): string {
  return NAMES[hotkey] ?? hotkey.toUpperCase();
}
