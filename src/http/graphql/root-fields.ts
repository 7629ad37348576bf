// The root fields of an operation in the schema's names: what logs and metrics may show of a client's document.
import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import { fragmentsOf } from './fragments.js'

export interface RootFields {
  /** The distinct fields, joined by commas. At most as many as the schema has. */
  readonly label: string
  /** How often each field is called: once for each of its aliases. */
  readonly calls: ReadonlyMap<string, number>
  /** The field that an error belongs to. `path` is the error's; an error without one belongs to the only field, if any. */
  fieldAt(path: readonly (string | number)[] | undefined): string
}

/** Documents are kept by Apollo Server, so most operations are seen again. */
const known = new WeakMap<OperationDefinitionNode, RootFields>()

/** `document` must be validated: validation ensures that each name is a field of the schema. */
export function rootFieldsOf(document: DocumentNode, operation: OperationDefinitionNode): RootFields {
  let found = known.get(operation)
  if (!found) known.set(operation, (found = collect(document, operation)))
  return found
}

function collect(document: DocumentNode, operation: OperationDefinitionNode): RootFields {
  const fragments = new Map(fragmentsOf(document))
  /** From a response key, which may be an alias, to its field. */
  const fields = new Map<string, string>()

  function visit(set: SelectionSetNode): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        fields.set((selection.alias ?? selection.name).value, selection.name.value)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet)
      } else {
        const fragment = fragments.get(selection.name.value)
        // Deleted first: visiting a fragment twice finds nothing new.
        fragments.delete(selection.name.value)
        if (fragment) visit(fragment.selectionSet)
      }
    }
  }

  visit(operation.selectionSet)
  const calls = new Map<string, number>()
  for (const field of fields.values()) calls.set(field, (calls.get(field) ?? 0) + 1)
  const distinct = [...calls.keys()]
  const only = distinct.length === 1 ? distinct[0] : undefined
  return {
    label: distinct.join(','),
    calls,
    fieldAt: (path) => (path ? fields.get(String(path[0])) : only) ?? 'none',
  }
}
