/** What the first tab shows: the way from nobody to a signed-in user, in the order one walks it. */
export const exampleQuery = `# 1. The play button lists these three. Begin here.
mutation Register($register: RegisterInput!) {
  register(input: $register) {
    message
    user { id email username }
  }
}

# 2. Copy the token it gives you
#    into Headers below, after "Bearer ".
mutation Login($login: LoginInput!) {
  login(input: $login) {
    token
    expiresAt
  }
}

# 3. Now you are signed in. Closing the page
#    forgets all that was typed here.
query Profile {
  profile { id email username role createdAt }
}
`

export const exampleVariables = JSON.stringify(
  {
    register: { email: 'ada@example.com', username: 'ada', password: 'seven green bicycles' },
    login: { email: 'ada@example.com', password: 'seven green bicycles' },
  },
  null,
  2,
)

/** For every tab. An empty bearer is ignored by the public operations. */
export const defaultHeaders = JSON.stringify({ Authorization: 'Bearer ' }, null, 2)
