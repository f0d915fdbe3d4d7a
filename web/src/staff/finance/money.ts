/** Money as the bills have it: decimal text in CNY. It is never turned into a float: the digits shown are the digits sent. */

/** "-1234.50" → "−¥1,234.50" */
export function formatMoney(amount: string): string {
  const [, sign, whole, rest] = /^(-?)(\d+)(\.\d+)?$/.exec(amount) ?? [];
  if (whole === undefined) return amount;
  return `${sign ? "−" : ""}¥${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest ?? ""}`;
}

/** What was typed as a price or an amount: up to `digits` after the point, full-width figures too; null when it is no number. */
export function readMoney(typed: string, digits: number, signed: boolean): string | null {
  const plain = typed.normalize("NFKC").replace(/[\s,，]/g, "").replace(/^[−–]/, "-").replace("。", ".");
  const found = /^(-?)0*(\d{1,6})(?:\.(\d+))?$/.exec(plain);
  if (found === null || (found[1] && !signed) || (found[3]?.length ?? 0) > digits) return null;
  return `${found[1]}${found[2]}${found[3] === undefined ? "" : `.${found[3]}`}`;
}

/** Two digits after the point, as amounts are sent. */
export function asAmount(money: string): string {
  const [whole, rest = ""] = money.split(".");
  return `${whole}.${rest.padEnd(2, "0")}`;
}

/** 2026-11 → 2026年11月 / Nov 2026 */
export function formatMonth(month: string, language: "zh-CN" | "en"): string {
  const [year, number] = month.split("-");
  if (language === "zh-CN") return `${year}年${Number(number)}月`;
  return `${"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[Number(number) - 1]} ${year}`;
}

/** The month after. */
export function nextMonth(month: string): string {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year! + 1}-01` : `${year}-${String(number! + 1).padStart(2, "0")}`;
}
