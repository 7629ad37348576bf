import {
  buildClientSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  type IntrospectionQuery,
} from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

it('describes every type, field, argument, enum value and directive', async () => {
  const introspection = (await service.succeed(getIntrospectionQuery())) as unknown as IntrospectionQuery
  const schema = buildClientSchema(introspection)
  const described = new Map<string, boolean>()
  const note = (path: string, { description }: { description?: string | null | undefined }) =>
    described.set(path, Boolean(description))

  // graphql-js describes only some of the types of introspection.
  for (const type of Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))) {
    note(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field)
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field)
        for (const argument of field.args) note(`${type.name}.${field.name}(${argument.name}:)`, argument)
      }
  }
  for (const directive of schema.getDirectives()) {
    note(`@${directive.name}`, directive)
    for (const argument of directive.args) note(`@${directive.name}(${argument.name}:)`, argument)
  }

  expect([...described.keys()]).toEqual(
    expect.arrayContaining(['Node.id', 'Query.node(id:)', 'PageInfo.startCursor', 'LoginInput.email', '@hot']),
  )
  expect([...described].filter(([, isDescribed]) => !isDescribed)).toEqual([])
})
