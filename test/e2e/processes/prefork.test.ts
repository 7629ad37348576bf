import { createHash } from 'node:crypto'
import type { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { connect, metadata } from '../../support/grpc.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { get, keptConnection, type Load, startLoad } from '../../support/load.js'
import { isAlive, type PreforkGroup, startPrefork } from '../../support/prefork.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance } from '../../support/service.js'
import { bearer, overWebSocket } from '../../support/subscriptions.js'
import { until } from '../../support/wait.js'

const COUNT = 'postern_http_request_duration_seconds_count'
const ENDED = 'a process ended unexpectedly; starting another one'
const STARTED = 'rolling restart started'
const FINISHED = 'rolling restart finished'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), PREFORK: '2', GRPC_PORT: '0' }
})
afterAll(() => database.drop())

/** Without connections that were refused, or reset by the kernel before a process accepted them. */
const broken = ({ failures }: Load, { lines }: PreforkGroup) =>
  failures.filter(
    ({ id, why, reused }) =>
      reused || !['ECONNREFUSED', 'ECONNRESET'].includes(why) || lines.some(({ requestId }) => requestId === id),
  )

describe('a group of two processes', () => {
  let group: PreforkGroup
  beforeAll(async () => {
    group = await startPrefork(env)
  })
  afterAll(async () => {
    if (isAlive(group.pid)) group.signal('SIGTERM')
    expect((await group.finished).code).toBe(0)
  })
  const whole = () => until('both serve', () => group.processes().length === 2)

  /** The process that answers on a kept connection. */
  async function answeredBy(agent: Agent): Promise<number> {
    const id = unique()
    await get(`${group.url}/health/live`, agent, id)
    return (await until('the request is in the log', () => group.lines.find((line) => line.requestId === id))).pid
  }

  /** One kept connection to each process. */
  async function connectToEach() {
    const agents = new Map<number, Agent>()
    await until('each process has a connection', async () => {
      const agent = keptConnection()
      const pid = await answeredBy(agent)
      if (agents.has(pid)) agent.destroy()
      else agents.set(pid, agent)
      return agents.size === 2
    })
    return agents
  }

  it('serves one port, and counts every request once in any process', async () => {
    await whole()
    const before = (await group.metrics())(COUNT, '/health/ready')
    const agents = await connectToEach()
    for (const agent of agents.values())
      for (let i = 0; i < 20; i++) expect(await get(`${group.url}/health/ready`, agent)).toBe(200)
    expect((await group.metrics())(COUNT, '/health/ready')).toBe(before + 40)
    expect((await group.metrics())('postern_processes')).toBe(2)
    expect((await group.metrics())('postern_revocation_backlog')).toBe(0)
    for (const agent of agents.values()) agent.destroy()
  })

  it('serves one port of gRPC, behind which every process answers', async () => {
    await whole()
    const ports = new Set(group.lines.filter(({ msg }) => msg === 'listening').map(({ grpcPort }) => grpcPort))
    const [port = 0] = ports
    expect(ports.size).toBe(1)
    const answered = new Set<number>()
    await until('each process has answered', async () => {
      const id = unique()
      const { auth, close } = connect(port)
      await auth.validateToken({ token: 'none' }, { metadata: metadata({ 'x-request-id': id }) })
      close()
      const line = await until('the call is in the log', () => group.lines.find(({ requestId }) => requestId === id))
      return answered.add(line.pid).size === 2
    })
    expect((await group.metrics())('grpc_requests_total', 'ValidateToken')).toBeGreaterThanOrEqual(2)
  })

  it('replaces a killed process, while the other one serves and no counter decreases', async () => {
    await whole()
    const [[victim, lost], [survivor, kept]] = [...(await connectToEach())] as [[number, Agent], [number, Agent]]
    const crashes = (await group.metrics())('postern_process_crashes_total')
    const requests = (await group.metrics())(COUNT, '/health/live')
    const ended = group.logged(ENDED)
    process.kill(victim, 'SIGKILL')
    await until('the group has noticed its end', () => group.logged(ENDED) > ended)
    const load = startLoad(`${group.url}/health/live`, { kept: 0, fresh: 2 })
    expect(await answeredBy(kept)).toBe(survivor)
    expect((await group.metrics())(COUNT, '/health/live')).toBeGreaterThan(requests)
    await whole()
    await load.stop()
    expect(load.failures).toEqual([])
    expect(await answeredBy(kept)).toBe(survivor)
    await until('the metrics have both', async () => (await group.metrics())('postern_processes') === 2)
    expect((await group.metrics())('postern_process_crashes_total')).toBe(crashes + 1)
    for (const agent of [lost, kept]) agent.destroy()
  })

  it('answers /metrics while a process hangs, with the last snapshot of that process', async () => {
    await whole()
    const requests = (await group.metrics())(COUNT, '/health/live')
    const [hanging = 0] = group.processes()
    process.kill(hanging, 'SIGSTOP')
    try {
      const metrics = await group.metrics()
      expect(metrics(COUNT, '/health/live')).toBe(requests)
      expect(metrics('postern_processes')).toBe(1)
    } finally {
      process.kill(hanging, 'SIGCONT')
    }
  })

  it('rolls on SIGHUP under load without a refused or failed request, and loses no count', async () => {
    await whole()
    const old = group.processes()
    const before = (await group.metrics())(COUNT, '/health/live')
    const finished = group.logged(FINISHED)
    const load = startLoad(`${group.url}/health/live`, { kept: 4, fresh: 2 })
    await until('the load is running', () => load.answered > 50)
    group.signal('SIGHUP')
    await until('it has rolled', () => group.logged(FINISHED) > finished)
    await load.stop()
    expect(load.failures).toEqual([])
    expect((await group.metrics())(COUNT, '/health/live')).toBe(before + load.answered)
    expect(group.processes()).toHaveLength(2)
    expect(group.processes().filter((pid) => old.includes(pid))).toEqual([])
  })

  it('has two new processes after a crash and two SIGHUPs during a roll, which cause one more roll', async () => {
    await whole()
    const old = group.processes()
    const [started, finished] = [group.logged(STARTED), group.logged(FINISHED)]
    group.signal('SIGHUP')
    await until('it rolls', () => group.logged(STARTED) > started)
    group.signal('SIGHUP')
    process.kill(old[1] ?? 0, 'SIGKILL')
    group.signal('SIGHUP')
    await until('it has rolled twice', () => group.logged(FINISHED) === finished + 2)
    await whole()
    expect(group.processes().filter((pid) => old.includes(pid))).toEqual([])
    expect(group.logged(STARTED)).toBe(started + 2)
    await until('the metrics have both', async () => (await group.metrics())('postern_processes') === 2)
  })

  it('has one relay, which another process replaces when it is killed', async () => {
    const hash = createHash('sha256').update(new URL(database.url).pathname).digest('hex').slice(0, 32)
    const holder = async () => {
      const [row] = await database.query<{ id: number | null }>('SELECT IS_USED_LOCK(?) AS id', [
        `postern-relay-${hash}`,
      ])
      return row?.id ?? 0
    }
    await whole()
    const first = await until('one holds the lock', holder)
    // Either one may do it.
    for (const pid of group.processes()) {
      process.kill(pid, 'SIGKILL')
      await until('it is gone', () => !isAlive(pid))
      await whole()
    }
    expect(await until('another one holds it', async () => (await holder()) || null)).not.toBe(first)
  })

  it('closes the subscriptions of a session at both processes, whichever one ends it', async () => {
    await whole()
    const user = await group.register()
    /** The processes that had connections of the session. */
    const closedBy = await until('both had connections', async () => {
      const { token } = await group.login(user)
      const sockets = Array.from({ length: 8 }, () => overWebSocket(group.url, bearer(token)))
      await Promise.all(sockets.map((socket) => socket.connected()))
      const before = group.lines.length
      await group.succeed('mutation { logout }', {}, token)
      for (const socket of sockets) expect(await socket.closed()).toMatchObject({ code: 4401 })
      const closed = () => group.lines.slice(before).filter(({ msg }) => msg === 'subscriptions closed')
      await until('the log says so', () => closed().length === sockets.length)
      const pids = new Set(closed().map(({ pid }) => pid))
      return pids.size === 2 ? pids : null
    })
    expect([...closedBy].toSorted()).toEqual(group.processes().toSorted())
  })

  it('refuses a token that another instance has just revoked', async () => {
    await whole()
    const other = await startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl() })
    const { token } = await other.signUp()
    const agents = await connectToEach()
    expect((await group.graphql('{ profile { id } }', {}, token)).code).toBeUndefined()
    await other.succeed('mutation { logout }', {}, token)
    const answers = await Promise.all(Array.from({ length: 10 }, () => group.graphql('{ profile { id } }', {}, token)))
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['UNAUTHENTICATED']))
    for (const agent of agents.values()) agent.destroy()
    await other.stop()
  })

  it('on SIGTERM under load answers every accepted request, and exits with 0', async () => {
    await whole()
    const load = startLoad(`${group.url}/health/live`, { kept: 4, fresh: 2 })
    await until('the load is running', () => load.answered > 50)
    const begin = performance.now()
    group.signal('SIGTERM')
    const { code } = await group.finished
    await load.stop()
    expect(broken(load, group)).toEqual([])
    expect(code).toBe(0)
    expect(performance.now() - begin).toBeLessThan(10_000)
  })
})

describe('the end of a group', () => {
  it('on a SIGINT from the terminal during a roll is orderly, with exit code 0', async () => {
    const group = await startPrefork({ ...env, PREFORK: '1' }, { detached: true })
    group.signal('SIGHUP', 'group')
    await until('it rolls', () => group.logged(STARTED))
    group.signal('SIGINT', 'group')
    group.signal('SIGINT', 'group')
    expect((await group.finished).code).toBe(0)
    expect(group.logged(ENDED)).toBe(0)
    expect(group.logged('a new process did not start; keeping the old ones')).toBe(0)
    expect(group.processes()).toEqual([])
  })

  it('reaches every process when the primary is killed, and the port is free', async () => {
    const group = await startPrefork(env)
    const load = startLoad(`${group.url}/health/live`, { kept: 4, fresh: 0 })
    await until('the load is running', () => load.answered > 50)
    group.signal('SIGKILL')
    await until('all have ended', () => group.processes().length === 0)
    await load.stop()
    expect(load.failures).toHaveLength(4)
    expect(broken(load, group)).toEqual([])
    expect(group.logged('stopped')).toBe(2)
    await group.finished
  })
})
