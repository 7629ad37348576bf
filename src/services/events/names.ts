// What Postern is called at RabbitMQ and in events, and where it numbers them.
import type { SubjectTable } from '@postern/service/events/subjects'
import type { BrokerNames } from '@postern/service/events/topology'

export const POSTERN: BrokerNames = { exchange: 'postern.events', prefix: 'postern', source: 'urn:postern' }

/** Users have the numbers of their events in their own rows, which most changes lock anyway. */
export const USERS: SubjectTable = { name: 'users', onDemand: false }

/** `issuer`: JWT_ISSUER. A source must be a URI, and an issuer that is none may be the same in every deployment. */
export const sourceOf = (issuer: string): string => (URL.canParse(issuer) ? issuer : POSTERN.source)
