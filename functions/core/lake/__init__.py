"""A hospital's studies as lines that can be searched: what a line says, and the questions that are asked of many [design §4]."""
