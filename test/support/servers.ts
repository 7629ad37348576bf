import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMariadb } from '../../tools/launch/mariadb.mjs'
import { ensurePrograms } from '../../tools/launch/programs.mjs'
import { startRabbitmq } from '../../tools/launch/rabbitmq.mjs'
import { startRedis } from '../../tools/launch/redis.mjs'

/** A private server, which a test can stop, kill, freeze and restart. */
export interface PrivateServer {
  url: string
  stop(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
  /** SIGSTOP: it runs but does not respond. */
  freeze(): void
  thaw(): void
  /** Kills it and removes its data. */
  remove(): Promise<void>
}

/** Whether all threads of a process are stopped, or the process has ended. */
function isStopped(pid: number | undefined): boolean {
  if (pid === undefined) return true
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).every((task) => /\) [TtZX] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')))
}

async function inFolder(
  start: (dir: string) => ReturnType<typeof startRedis>,
  parent = tmpdir(),
): Promise<PrivateServer> {
  const dir = await mkdtemp(join(parent, 'postern-test-'))
  const server = await start(dir)
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    const pid = server.pid()
    if (pid !== undefined) process.kill(pid, name)
  }
  return {
    url: server.url,
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    freeze() {
      signal('SIGSTOP')
      // The signal takes effect later: until every thread is stopped, one of them may still answer.
      while (!isStopped(server.pid())) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    },
    thaw: () => signal('SIGCONT'),
    async remove() {
      signal('SIGCONT')
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export const privateRedis = () => inFolder((dir) => startRedis({ dir, throwAway: true }))

/** Each commit is written, and the system has it: that survives the end of the process, and not that of the machine. */
const UNSYNCED = ['--innodb-flush-log-at-trx-commit=2', '--innodb-flush-method=nosync', '--innodb-log-file-size=16M']

/** Keeps committed data even if it is killed. `settings`: more options of its command line. `parent`: where its data is. */
export const privateMariadb = (settings: string[] = [], parent?: string) =>
  inFolder((dir) => startMariadb({ dir, speed: UNSYNCED, settings, copies: join(tmpdir(), 'postern-mariadb') }), parent)

/**
 * Keeps queues and messages even if it is killed. Takes seconds to start, so a file starts one at most. `settings`: lines of
 * its configuration, which it reads at each restart.
 */
export async function privateRabbitmq(settings: readonly string[] = []): Promise<PrivateServer> {
  await ensurePrograms(['rabbitmq'], { forTests: true })
  return inFolder((dir) => startRabbitmq({ dir, settings }))
}
