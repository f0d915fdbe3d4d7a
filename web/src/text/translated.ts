/** The shape of a text table in another language: a function chooses between one and many. */
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string | ((values: Record<string, unknown>) => string) : Translated<T[K]> };
