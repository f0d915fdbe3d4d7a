/** What a password must have (SEC-10), as the cloud will judge it; here so that the reader sees it while typing. */

export const PASSWORD_PARTS = ["length", "lower", "upper", "digit", "symbol"] as const;
export type PasswordPart = (typeof PASSWORD_PARTS)[number];

const MET: Record<PasswordPart, RegExp> = { length: /^.{8,}$/su, lower: /[a-z]/, upper: /[A-Z]/, digit: /[0-9]/, symbol: /[^A-Za-z0-9\s]/u };

export function lackingIn(password: string): PasswordPart[] {
  return PASSWORD_PARTS.filter((part) => !MET[part].test(password));
}
