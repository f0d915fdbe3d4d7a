/** The token of the link, as the SMS and the QR code carry it: `/e#t=TOKEN`. It is kept in memory, never stored. */

const TOKEN = /^#t=([0-9A-Za-z_-]{16,128})$/;

/** The token in a fragment, "" for one that was cut or altered on its way here, null where there is none. */
export function tokenIn(fragment: string): string | null {
  if (!fragment.startsWith("#t=")) return null;
  return TOKEN.exec(fragment)?.[1] ?? "";
}
