/** Requests to checkUsernameAvailability and similar ones: valid, invalid and hostile. */
import fc from 'fast-check'

const field = (argument: string) => `checkUsernameAvailability(username: ${argument})`

/** Mostly absent, so that most requests are ordinary in most respects. */
const rarely = (...values: unknown[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) })

const NAMES = ['ada', 'admin', 'ab', '', 'Ada-Lovelace_1815', 'x'.repeat(31), '🐎'.repeat(70), '"', '\u0000', '\ud800']
export const anyName = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.stringMatching(/^[a-zA-Z0-9_-]{3,30}$/),
)

const WRONG_VALUES = [null, 0, -1.5, 1e21, true, [], ['ada'], {}, { username: 'ada' }]
export const anyValue = fc.oneof(
  { weight: 8, arbitrary: anyName },
  { weight: 2, arbitrary: fc.constantFrom(...WRONG_VALUES) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)

const SELECTIONS = [
  'available reason',
  'available username reason message',
  '__typename available',
  'a: message b: reason',
]
const STRANGE_FIELDS = ['reason', '__typename', 'x: reason', 'x: available', 'message message', 'nothing']
const DIRECTIVES = [
  'reason @skip(if: false)',
  'message @include(if: $username)',
  '... on UsernameAvailability { reason }',
]
const selection = fc.constantFrom(...SELECTIONS)
const strangeSelection = fc
  .uniqueArray(fc.constantFrom(...STRANGE_FIELDS, ...DIRECTIVES), { minLength: 1, maxLength: 4 })
  .map((fields) => fields.join(' '))

const withVariable = (type: string, fields: string) =>
  `query ($username: ${type}) { ${field('$username')} { ${fields} } }`

/** URL-encoded, as forms send it. */
export const ordinaryQuery = selection.map((fields) => withVariable('String!', fields))

const STRANGE_TYPES = ['String', 'ID!', 'Int!', '[String!]!', 'Nothing!', 'String! = 7']
const STRANGE_DOCUMENTS = [
  ...[
    '',
    '{',
    '{ __typename }',
    '\ufeff{ __typename }',
    '{ profile { id } }',
    'mutation { logout }',
    '{ __schema { description } }',
  ],
  'query Check { __typename } query Other { __typename }',
  ...['7', 'null', '"""block"""', '$unknown', '["ada"]'].map((literal) => `{ ${field(literal)} { available } }`),
  '{ checkUsernameAvailability { available } }',
  `{ ${Array.from({ length: 51 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
]
export const anyQuery = fc.oneof(
  { weight: 6, arbitrary: ordinaryQuery },
  { weight: 2, arbitrary: selection.map((fields) => withVariable('String! = "ada"', fields)) },
  {
    weight: 3,
    arbitrary: selection.map(
      (fields) =>
        `query Check($username: String!) { a: ${field('$username')} { ${fields} } b: ${field('"admin"')} { ${fields} } }`,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyName, selection).map(([name, fields]) => `{ ${field(JSON.stringify(name))} { ${fields} } }`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...STRANGE_TYPES), selection)
      .map(([type, fields]) => withVariable(type, fields)),
  },
  { weight: 2, arbitrary: strangeSelection.map((fields) => withVariable('String!', fields)) },
  { weight: 1, arbitrary: fc.constantFrom(...STRANGE_DOCUMENTS) },
)

const variables = fc.oneof(
  { weight: 9, arbitrary: fc.record({ username: anyValue, other: rarely('unused', { deep: [1] }) }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, [], '{}', 7) },
)
const extensions = rarely(
  {},
  null,
  [],
  'x',
  { clientLibrary: { name: 'x' } },
  { persistedQuery: { version: 1, sha256Hash: 'x' } },
)
const operationName = rarely('Check', 'Check', null, 'Other', '', 7)

const STRANGE_BODIES = [
  ...['', '[]', '{}', 'null', '"x"', '{"query":', '{"query":7}', '[{"query":"{ __typename }"}]'],
  ...[
    '{"query":"{ __typename }","__proto__":{}}',
    '{"__proto__":{"query":"{ __typename }"}}',
    '{"constructor":{"prototype":{}}}',
  ],
]
/** The text of a body, without its undefined parts. */
export const anyBody = fc.oneof(
  {
    weight: 15,
    arbitrary: fc
      .record({ query: anyQuery, variables, operationName, extensions, id: rarely('ignored') })
      .map((body) => JSON.stringify(body)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...STRANGE_BODIES) },
)

const json = 'application/json'
const graphql = 'application/graphql-response+json'
export const anyHeaders = fc
  .record({
    accept: rarely(
      '*/*',
      json,
      graphql,
      `${graphql}, ${json};q=0.9`,
      'text/html',
      `multipart/mixed;deferSpec=20220824, ${json}`,
      'application/*',
      '',
    ),
    origin: rarely('https://app.example.com', 'https://evil.example.com', 'null', ''),
    'content-type': rarely(
      `${json}; charset=utf-8`,
      `${json};charset=UTF-8`,
      'Application/JSON',
      `${json}; charset=latin1`,
      'text/plain',
      'application/graphql+json',
      `${json}; ;`,
    ),
    'apollo-require-preflight': rarely('1'),
    authorization: rarely('Bearer nonsense', 'Basic x', ''),
    cookie: rarely('__Host-postern-access=nonsense'),
    'x-postern-cookies': rarely('1'),
    connection: rarely('close', 'keep-alive'),
    'accept-encoding': rarely('gzip'),
    'x-forwarded-host': rarely('a b', 'elsewhere.example.com', 'a.example, b.example'),
  })
  .map(
    (headers) =>
      Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>,
  )
