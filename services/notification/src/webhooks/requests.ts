// Reads the requests of webhooks: pages, and which fields of a webhook change.
import { jsonPath } from '@postern/contract/error-statuses'
import type { NotificationService } from '@postern/proto/notification'
import type { RpcRequest } from '@postern/proto/rpc-types'
import { invalidField, ServiceError } from '@postern/service/errors'
import { isId } from '@postern/service/ids'
import type { PageRange } from '@postern/service/pages'

type UpdateRequest = RpcRequest<typeof NotificationService, 'updateWebhook'>

const DEFAULT_SIZE = 25
const MOST = 100

/** Throws INVALID_INPUT. */
export function pageOf({
  pagination,
  beforeId,
  fromEnd,
}: Pick<RpcRequest<typeof NotificationService, 'listWebhooks'>, 'pagination' | 'beforeId' | 'fromEnd'>): PageRange {
  const { pageSize = 0, pageToken = '' } = pagination ?? {}
  if (pageSize < 0 || pageSize > MOST)
    throw invalidField('pagination.pageSize', `Page size must be between 1 and ${MOST}.`)
  if (pageToken !== '' && !isId(pageToken))
    throw invalidField('pagination.pageToken', 'Page token is not one of this list.')
  const before = beforeId ?? ''
  if (before !== '' && !isId(before)) throw invalidField('beforeId', 'Before id is not an id.')
  return { after: pageToken || null, before: before || null, size: pageSize || DEFAULT_SIZE, backward: fromEnd }
}

/** Throws NOT_FOUND: what is no id belongs to nothing. */
export function idOf(text: string): string {
  if (!isId(text)) throw new ServiceError('NOT_FOUND')
  return text
}

const FIELDS = ['url', 'description', 'eventTypes', 'enabled'] as const

/** What the rules of the input check: absent is unchanged, and null clears it. Throws INVALID_INPUT for an unknown field. */
export function webhookChanges({ updateMask, ...request }: UpdateRequest): Record<string, unknown> {
  const given = { ...request, eventTypes: request.eventTypes.length > 0 ? request.eventTypes : undefined }
  const masked = updateMask?.paths.map(jsonPath) ?? []
  if (masked.length === 0) return Object.fromEntries(FIELDS.map((name) => [name, given[name]]))
  return Object.fromEntries(
    masked.map((path) => {
      const name = FIELDS.find((field) => field === path)
      if (!name) throw invalidField('updateMask', 'Update mask names a field that a webhook does not have.')
      return [name, given[name] ?? null]
    }),
  )
}
