// Whether a person wants marketing. Asked for each attempt: nothing is sent on the word of yesterday.

/** Rejects if the answer can't be had now. */
export type HasConsent = (userId: string, signal: AbortSignal) => Promise<boolean>
