// The current time, and arithmetic with it.

/** Passed as an argument, so that tests can set the time. */
export type Clock = () => Date

export const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000)

export const addSeconds = (date: Date, seconds: number): Date => new Date(date.getTime() + seconds * 1000)
