/** In the place of Node's `fs` and `path`, which the codec's glue names for a branch that no browser takes. */
export {};
