// Keeps parsed and validated documents, so that a repeated query needs neither.
import type { ApolloServerOptionsWithTypeDefs } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

/** Longer documents are parsed each time. A long form has about 1,000 characters. */
const MAX_CHARACTERS = 4096

/**
 * The sum of all documents. A parsed document takes 20 to 100 times the size of its source in memory, most if it consists
 * of short comments, so this is at most 32 MB.
 */
const MAX_TOTAL_CHARACTERS = 320 * 1024

type DocumentStore = NonNullable<ApolloServerOptionsWithTypeDefs<object>['documentStore']>

export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: MAX_TOTAL_CHARACTERS,
    maxEntrySize: MAX_CHARACTERS,
    sizeCalculation: ({ loc }) => loc?.source.body.length ?? MAX_CHARACTERS,
  })
  return {
    get: (hash) => Promise.resolve(documents.get(hash)),
    set(hash, document) {
      documents.set(hash, document)
      return Promise.resolve()
    },
    delete: (hash) => Promise.resolve(documents.delete(hash)),
  }
}
