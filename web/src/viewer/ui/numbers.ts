/** Whole numbers as such, small values with as many digits as say something; a true minus sign. */
export function formatLevel(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return value.toFixed(digits).replace(/^-/, "−");
}

export function formatMm(value: number): string {
  return value.toFixed(1).replace(/^-(?!0\.0$)/, "−").replace(/^-/, "");
}
