// Shows openapi.json. After a sign-in, the page sends its access token with the next requests. It keeps the token only in memory.
/* global SwaggerUIBundle */

/** @param {{ ok: boolean, obj?: { token?: unknown, tokenType?: unknown } }} response */
function signIn(response) {
  const { token, tokenType } = response.obj ?? {}
  if (response.ok && typeof token === 'string' && tokenType === 'Bearer') page.preauthorizeApiKey('bearer', token)
  return response
}

const page = SwaggerUIBundle({
  dom_id: '#api',
  url: 'openapi.json',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // By default it asks a server on the internet whether the document is valid.
  validatorUrl: null,
  responseInterceptor: signIn,
})
