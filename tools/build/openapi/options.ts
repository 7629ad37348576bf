// The options of methods and fields that the document shows. They are found by name, because generated code for them does not
// exist yet when this runs.
import {
  getOption,
  hasOption,
  type DescExtension,
  type DescField,
  type DescMethod,
  type FileRegistry,
} from '@bufbuild/protobuf'

/** google.api.HttpRule. */
export interface HttpRule {
  pattern:
    | { case: 'get' | 'put' | 'post' | 'delete' | 'patch'; value: string }
    | { case: 'custom'; value: unknown }
    | { case: undefined }
  /** The field of the request that is the HTTP body, `*` for all of it, or empty: the request has no body. */
  body: string
  /** The field of the response that is the HTTP body. Empty: all of it is. */
  responseBody: string
  additionalBindings: HttpRule[]
}

/** postern.common.v1.Documentation. */
export interface Documentation {
  tag: string
  errors: string[]
}

/** postern.common.v1.Access.ACCESS_PUBLIC. */
const PUBLIC = 1

export function createOptions(registry: FileRegistry) {
  /** The value of an option, or undefined if it is not set. */
  function value(element: DescMethod | DescField, name: string): unknown {
    const option: DescExtension | undefined = registry.getExtension(name)
    return option && hasOption(element, option) ? getOption(element, option) : undefined
  }

  return {
    /** The HTTP requests that call a method: none without an annotation. */
    httpRules(method: DescMethod): HttpRule[] {
      const first = value(method, 'google.api.http') as HttpRule | undefined
      return first ? [first, ...first.additionalBindings] : []
    },

    documentation: (method: DescMethod): Documentation =>
      (value(method, 'postern.common.v1.documentation') as Documentation | undefined) ?? { tag: '', errors: [] },

    /** Whether clients read the responses of a method as server-sent events that they can continue. */
    resumesEvents(method: DescMethod): boolean {
      const found = value(method, 'postern.common.v1.event_stream') as { resumeAfter: string } | undefined
      return found !== undefined && found.resumeAfter !== ''
    },

    /** Whether the response of a method is a file. */
    isFile: (method: DescMethod) => value(method, 'postern.common.v1.file_response') !== undefined,

    isPublic: (method: DescMethod) => value(method, 'postern.common.v1.access') === PUBLIC,

    /** As it is in JSON. */
    example: (field: DescField) => value(field, 'postern.common.v1.example') as string | undefined,
  }
}

export type Options = ReturnType<typeof createOptions>
