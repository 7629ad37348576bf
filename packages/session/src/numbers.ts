// Checks the numbers in options.

/** False for text too, such as a variable of the environment: added to a time, it would make another number. */
export const isBetween = (min: number, value: number, max: number): boolean =>
  Number.isFinite(value) && value >= min && value <= max
