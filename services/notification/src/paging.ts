// Reads which page of a list a request is for.
import type { Pagination } from '@postern/proto/common'
import { invalidField } from '@postern/service/errors'

const DEFAULT_SIZE = 25
const MOST = 100

/** `form`: that of the list's page tokens. An empty token is the first page. Throws INVALID_INPUT. */
export function pageOf(
  pagination: Pick<Pagination, 'pageSize' | 'pageToken'> | undefined,
  form: RegExp,
): { size: number; token: string } {
  const { pageSize = 0, pageToken: token = '' } = pagination ?? {}
  if (pageSize < 0 || pageSize > MOST)
    throw invalidField('pagination.pageSize', `Page size must be between 1 and ${MOST}.`)
  if (token !== '' && !form.test(token))
    throw invalidField('pagination.pageToken', 'Page token is not one of this list.')
  return { size: pageSize || DEFAULT_SIZE, token }
}
