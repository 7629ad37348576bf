// The form of ids: UUIDs in lower case.

/** True if the text has the form of an id. Ids are in ASCII columns, which refuse to be compared with other text. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
