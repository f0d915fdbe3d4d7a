/** A string for one and a string for many; `n` decides, as a number or as it is written ("1,204"). */
export function counted(one: string, many: string) {
  return (values: Record<string, unknown>): string => {
    const pattern = String(values.n) === "1" ? one : many;
    return pattern.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  };
}
