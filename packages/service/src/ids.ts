// The form of ids: UUIDs in lower case.

/** True if the text has the form of an id. The id columns are ASCII and can't be compared with other text. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
