// What every load program asks.

export const CHECK =
  'query ($username: String!) { checkUsernameAvailability(username: $username) { available username reason message } }'

/** A JSON body in two halves, between which a name of letters, digits, _ and - goes. */
export interface Body {
  before: string
  after: string
}

/** Cuts the body where its variables hold @@. */
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
