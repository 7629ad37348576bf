// The OpenAPI document of all services whose RPCs have an annotation of google.api.http.
import type { DescFile, FileRegistry } from '@bufbuild/protobuf'
import { gatewayOperations, gatewaySchemas } from './gateway-operations.ts'
import { headers } from './headers.ts'
import { info, security, securitySchemes, servers, tags } from './introduction.ts'
import { operationsOf, type Operation } from './operations.ts'
import { createOptions } from './options.ts'
import { createProblems, FIELD_PROBLEM, PROBLEM } from './problems.ts'
import { createSchemas, type Schema } from './schemas.ts'

export function openApiDocument(registry: FileRegistry, files: readonly DescFile[]): Schema {
  const options = createOptions(registry)
  const parts = { options, schemas: createSchemas(options), problems: createProblems() }
  const services = files.flatMap((file) => file.services)
  const operations = [
    ...services.flatMap((service) => operationsOf(service, parts)),
    ...gatewayOperations(registry, parts),
  ]
  return {
    openapi: '3.1.1',
    info,
    servers,
    security,
    tags: tags.filter(({ name }) => operations.some(({ operation }) => hasTag(operation, name))),
    paths: paths(operations),
    components: {
      schemas: { ...parts.schemas.all(), ...gatewaySchemas, FieldProblem: FIELD_PROBLEM, Problem: PROBLEM },
      responses: parts.problems.shared(),
      headers,
      securitySchemes,
    },
  }
}

const hasTag = ({ tags = [] }: Operation['operation'], name: string): boolean => (tags as string[]).includes(name)

function paths(operations: readonly Operation[]): Record<string, Schema> {
  const byPath: Record<string, Schema> = {}
  const ids = new Set<unknown>()
  for (const { path, verb, operation } of operations) {
    const item = (byPath[path] ??= {})
    if (item[verb]) throw new Error(`Two RPCs have the route ${verb.toUpperCase()} ${path}.`)
    if (ids.has(operation['operationId'])) throw new Error(`Two RPCs are called ${String(operation['operationId'])}.`)
    ids.add(operation['operationId'])
    item[verb] = operation
  }
  return byPath
}
