// Connects to a Redis cluster.
import { redisClusterOptions } from '@postern/contract/redis-options'
import { Cluster, type Command } from 'ioredis'
import { checkRedis } from './redis-check.js'
import {
  connection,
  connectorFor,
  type Options,
  type RedisServer,
  retryDelayMs,
  UNRESPONSIVE_AFTER_MS,
} from './redis-connection.js'

/**
 * A client that never queues: while the cluster is unavailable, commands fail at once. The user, the password and TLS of
 * `server` are used for every node.
 */
export function createRedisCluster(server: RedisServer, { commandTimeoutMs, onError }: Options): Cluster {
  const { redisOptions, ...options } = redisClusterOptions(server, server.ca)
  const cluster = new Cluster([...server.addresses], {
    ...options,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    redisOptions: { ...connection(UNRESPONSIVE_AFTER_MS), ...connectorFor(server), ...redisOptions },
  })
  limitCommands(cluster, commandTimeoutMs)
  reportErrors(cluster, server, onError)
  return cluster
}

/**
 * Limits the service's commands, but not those with which ioredis reads the map of the cluster: they wait for a new
 * connection, and a TLS handshake may take longer than a username check may wait.
 */
function limitCommands(cluster: Cluster, commandTimeoutMs: number) {
  const send = cluster.sendCommand.bind(cluster)
  cluster.sendCommand = (command: Command, ...rest) => {
    if (command.name !== 'cluster') command.setTimeout(commandTimeoutMs)
    return send(command, ...rest)
  }
}

/**
 * Reports once why the cluster is unavailable. ioredis says only that it is: it drops the errors of the connections that
 * read the map, such as a refused certificate.
 */
function reportErrors(cluster: Cluster, server: RedisServer, onError: (error: Error) => void) {
  let reported = false
  const report = (error: Error) => {
    if (cluster.status !== 'end') onError(error)
  }
  cluster.on('error', (error: Error) => {
    if (reported) return
    reported = true
    void checkRedis(server, { cluster: true }).then(() => report(error), report)
  })
  cluster.on('node error', (error: Error) => {
    if (cluster.status === 'connect') report(error)
  })
  cluster.on('ready', () => (reported = false))
}
