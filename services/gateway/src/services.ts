// The services behind the gateway. A new service is one entry here: its routes come from its annotations, and its variables
// from its name.
import type { DescService } from '@bufbuild/protobuf'
import { AuthService } from '@postern/proto/auth'
import { ConsentService } from '@postern/proto/consent'
import { NotificationService } from '@postern/proto/notification'

export interface ServiceEntry {
  /** For variables, logs and metrics: `auth` reads AUTH_GRPC_URL. */
  readonly name: string
  /** Where it listens in development. Null: it is behind the gateway only if its variable says where. */
  readonly url: string | null
  /** The gRPC services that it serves. */
  readonly definitions: readonly DescService[]
}

export const services = [
  { name: 'auth', url: 'localhost:50051', definitions: [AuthService] },
  { name: 'consent', url: null, definitions: [ConsentService] },
  { name: 'notification', url: null, definitions: [NotificationService] },
] as const satisfies readonly ServiceEntry[]
