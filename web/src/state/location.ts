/** Watches the fragment, and knows whether "back" leads to a page of ours or out of it. */

type Listener = () => void;

const listeners = new Set<Listener>();
let walked = 0;

function changed(): void {
  for (const listener of listeners) listener();
}

export function watchFragment(listener: Listener): () => void {
  if (listeners.size === 0) window.addEventListener("hashchange", walk);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("hashchange", walk);
  };
}

function walk(): void {
  walked += 1;
  changed();
}

export function currentFragment(): string {
  return window.location.hash;
}

/** Takes the token out of the address bar and of the history entry. */
export function clearFragment(): void {
  window.history.replaceState(null, "", window.location.pathname);
  changed();
}

/** Another page in place of this one, in address and history. */
export function replaceFragment(fragment: string): void {
  window.history.replaceState(null, "", fragment);
  changed();
}

/** Back to where the reader came from; to `fallback` where that was not a page of ours. */
export function goBack(fallback: string): void {
  if (walked > 0) {
    walked -= 2; // going back fires hashchange too
    window.history.back();
  } else {
    window.location.replace(fallback);
  }
}
