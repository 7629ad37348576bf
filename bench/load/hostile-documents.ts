// Documents that are made to be expensive to parse and validate. Each is within the limits, or just beyond one.

const list = (count: number, item: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => item(n)).join(' ')

const USER =
  'id email username firstName lastName phoneNumber role isEmailVerified marketingOptIn lastLoginAt createdAt updatedAt address { city state country }'

/** By what they try. The number makes each document new. */
export const hostileDocuments: Record<string, (serial: number) => string> = {
  'accepted: fields that merge, in fragments on the same type': (serial) =>
    `query Q${serial} { ${list(9, (n) => `...F${n}`)} } ${list(9, (n) => `fragment F${n} on Query { profile { ${USER} } }`)}`,
  'accepted: fields under 49 aliases': (serial) =>
    `query Q${serial} { ${list(49, (n) => `a${n}_${serial}: __typename`)} }`,
  'accepted: a field 40 times, with the same selection': (serial) =>
    `query Q${serial} { ${list(40, () => 'profile { id email role }')} }`,
  'accepted: nested inline fragments': (serial) =>
    `query Q${serial} { ${'... { '.repeat(100)} __typename ${'} '.repeat(100)} }`,
  'accepted: fragments in fragments': (serial) =>
    `query Q${serial} { ...F0 } ${list(30, (n) => `fragment F${n} on Query { __typename ...F${n + 1} }`)} fragment F30 on Query { __typename }`,
  'accepted: comments up to the size of a body': (serial) => `query Q${serial} { __typename }\n${'#\n'.repeat(15_000)}`,
  'refused: fragments that double': (serial) =>
    `query Q${serial} { ...F0 } ${list(29, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F29 on Query { __typename }`,
  'refused: a field in conflict, under one name': (serial) =>
    `query Q${serial} { ${list(30, (n) => `a: checkUsernameAvailability(username: "n${n}") { available }`)} }`,
  'refused: unknown fields': (serial) => `query Q${serial} { ${list(300, (n) => `u${n}`)} }`,
  'refused: unknown types and variables': (serial) =>
    `query Q${serial}(${list(60, (n) => `$v${n}: T${n}`)}) { __typename }`,
  'refused: more tokens than a document may have': (serial) => `query Q${serial} { ${'__typename '.repeat(30_000)} }`,
  'refused: deep input': (serial) =>
    `query Q${serial} { checkUsernameAvailability(username: ${'['.repeat(180)}${']'.repeat(180)}) { available } }`,
}
