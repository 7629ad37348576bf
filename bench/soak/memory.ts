// The memory of a service, measured after a garbage collection.
import { setTimeout as pause } from 'node:timers/promises'
import { memoryBytes } from '../stage/usage.ts'

export interface Memory {
  resident: number
  heap: number
}

interface Reply {
  id?: number
  result?: { usedSize?: number }
}

/** Opens the inspector of a process that was started with `--inspect-port`, and returns how to measure its memory. */
export async function openInspector(pid: number, port: number) {
  process.kill(pid, 'SIGUSR1')
  let address: string | undefined
  while (address === undefined) {
    await pause(50)
    const targets = await fetch(`http://127.0.0.1:${port}/json/list`)
      .then((response) => response.json() as Promise<{ webSocketDebuggerUrl: string }[]>)
      .catch(() => [])
    address = targets[0]?.webSocketDebuggerUrl
  }
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  let serial = 0
  const call = (method: string) =>
    new Promise<Reply['result']>((resolve) => {
      const id = ++serial
      const listen = ({ data }: MessageEvent) => {
        const reply = JSON.parse(String(data)) as Reply
        if (reply.id !== id) return
        socket.removeEventListener('message', listen)
        resolve(reply.result)
      }
      socket.addEventListener('message', listen)
      socket.send(JSON.stringify({ id, method }))
    })
  return {
    async measure(): Promise<Memory> {
      await call('HeapProfiler.collectGarbage')
      await call('HeapProfiler.collectGarbage')
      const heap = (await call('Runtime.getHeapUsage'))?.usedSize ?? NaN
      return { heap, resident: memoryBytes(pid).resident }
    },
    close: () => socket.close(),
  }
}
