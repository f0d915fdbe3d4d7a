/** Phone and ID card as they are typed; the cloud checks again. */

/** Without blanks and hyphens, full-width figures as figures. */
export function plain(typed: string): string {
  return typed.normalize("NFKC").replace(/[\s-]/g, "");
}

/** A mainland mobile number, with or without +86, or another country's in E.164. */
export function isPhone(typed: string): boolean {
  return /^((\+?86)?1[3-9]\d{9}|\+(?!86)[1-9]\d{6,14})$/.test(plain(typed));
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Eighteen characters, the last of which proves the others. Source: GB 11643-1999, ISO 7064 MOD 11-2. */
export function isIdCard(typed: string): boolean {
  const card = plain(typed).toUpperCase();
  if (!/^\d{17}[\dX]$/.test(card)) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(card[place]), 0);
  return "10X98765432"[sum % 11] === card[17];
}
