import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type RunningGateway } from '../../support/gateway.js'
import { openApi, type OpenApiDocument } from './openapi.js'

let gateway: RunningGateway
let withoutPage: RunningGateway
let url: string
let document: OpenApiDocument

beforeAll(async () => {
  // No operation is called.
  ;[gateway, withoutPage] = await Promise.all([startGateway(), startGateway({ GATEWAY_DOCS: 'false' })])
  url = gateway.url
  document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument
})
afterAll(() => Promise.all([gateway.stop(), withoutPage.stop()]))

const operations = () => Object.values(document.paths).flatMap((item) => Object.values(item))

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate({ ...structuredClone(document) })).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('has an operation for every route of the gateway, and no others', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path}`),
    )
    const own = ['GET /me/overview', 'GET /circuit-breaker/status']
    const routes = gateway.gateway.routes.map(({ httpMethod, path }) => `${httpMethod} ${path}`)
    expect(described.toSorted()).toEqual([...routes, ...own].toSorted())
  })

  it('says of each operation what it does, where it belongs, who may call it and what can go wrong', () => {
    for (const operation of operations()) {
      expect(operation).toMatchObject({ summary: expect.any(String), description: expect.any(String) })
      expect(operation.tags).toHaveLength(1)
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '400', '429', '500', '503']))
      // A route that needs a token can refuse it.
      if (!operation.security) expect(operation.responses).toHaveProperty('401')
    }
  })

  it('has examples that are as their schemas', () => {
    expect(JSON.stringify(document.paths['/auth/login'])).toContain('"example":{"email":"ada@example.com"')
    expect(openApi(document).problemsOfExamples()).toEqual([])
  })

  it('describes every schema and every field', () => {
    const undescribed = Object.entries(document.components.schemas).flatMap(
      ([name, { properties = {}, ...schema }]) => [
        ...(schema.description ? [] : [name]),
        ...Object.entries(properties).flatMap(([field, { description }]) => (description ? [] : [`${name}.${field}`])),
      ],
    )
    expect(undescribed).toEqual([])
  })

  it('is not sent again to a client that has it', async () => {
    const first = await fetch(`${url}/openapi.json`)
    const headers = { 'if-none-match': first.headers.get('etag')! }
    const second = await fetch(`${url}/openapi.json`, { headers })
    expect([first.headers.get('content-type'), second.status]).toEqual(['application/json; charset=utf-8', 304])
  })
})

it('the documentation page is found with a slash behind it, too', async () => {
  const { url: found, status } = await fetch(`${url}/docs/`)
  expect([found, status]).toEqual([`${url}/docs`, 200])
})

it('the documentation page can be switched off, and the document stays', async () => {
  const statuses = ['/docs', '/openapi.json'].map(async (path) => (await fetch(withoutPage.url + path)).status)
  expect(await Promise.all(statuses)).toEqual([404, 200])
})
