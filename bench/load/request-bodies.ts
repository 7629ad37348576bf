// The request bodies that all load programs send.

const CHECK =
  'query ($username: String!) { checkUsernameAvailability(username: $username) { available username reason message } }'

/** A JSON body in two halves. A username goes between them: letters, digits, _ and - need no escaping. */
export interface Body {
  before: string
  after: string
}

/** Splits a body at @@ in its variables. */
function around(body: object): Body {
  const [before = '', after = ''] = JSON.stringify(body).split('@@')
  return { before, after }
}

export const check = around({ query: CHECK, variables: { username: '@@' } })

export const login = (password: string) =>
  around({
    query: 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken userId } }',
    variables: { input: { username: '@@', password } },
  })
