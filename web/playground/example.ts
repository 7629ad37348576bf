// What the playground's first tab shows: registering, signing in, and a query that needs a token.

export const exampleQuery = `# 1. The play button lists these
#    three operations. Run Register.
mutation Register($register: RegisterInput!) {
  register(input: $register) {
    message
    user { id email username }
  }
}

# 2. Run Login. Copy the token into
#    Headers below, after "Bearer ".
mutation Login($login: LoginInput!) {
  login(input: $login) {
    token
    expiresAt
  }
}

# 3. Now you are signed in.
#    Closing the page discards
#    everything you typed here.
query Profile {
  profile { id email username role createdAt }
}
`

/** The account of the README's examples. */
export const exampleVariables = JSON.stringify(
  {
    register: { email: 'ada@example.com', username: 'ada', password: 'correct horse battery' },
    login: { email: 'ada@example.com', password: 'correct horse battery' },
  },
  null,
  2,
)

/** For every tab. Public operations ignore an empty bearer token. */
export const defaultHeaders = JSON.stringify({ Authorization: 'Bearer ' }, null, 2)
