import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ServiceError } from '@postern/service/errors'
import { createTracing } from '@postern/service/tracing/open-telemetry'
import type { Tracing } from '@postern/service/tracing/tracing'
import { TRACED } from '../../../src/app/tracing.js'
import { type Collector, outline, startCollector } from '../../support/collector.js'
import { freePort } from '../../support/free-port.js'
import { until } from '../../support/wait.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function start(url: string, sampler = { name: 'parentbased_always_on', ratio: 1 }): Tracing {
  const collector = { url: `${url}/v1/traces`, protocol: 'http/json' as const, headers: {} }
  const tracing = createTracing({ ...TRACED, collector, resource: {}, sampler })
  closing.push(() => tracing.close())
  return tracing
}

async function startWithCollector(sampler?: { name: string; ratio: number }) {
  const collector = await startCollector()
  closing.push(() => collector.close())
  return { tracing: start(collector.url, sampler), collector }
}

const request = (traceparent?: string) =>
  ({
    ...{ method: 'POST', url: '/graphql' },
    headers: traceparent ? { traceparent, tracestate: 'canary=value' } : {},
  }) as unknown as IncomingMessage

const END = { route: '/graphql', status: 200, code: undefined }

/** Runs `work` in the trace of one request. */
async function inRequest(tracing: Tracing, traceparent: string | undefined, work: () => unknown): Promise<void> {
  const trace = tracing.startRequest(request(traceparent), performance.now())
  await trace?.run(work)
  trace?.end({ ...END, endedAt: performance.now() })
}

async function spansOf(tracing: Tracing, collector: Collector) {
  await tracing.close()
  return collector.spans
}

describe('a sampler', () => {
  const sampled = `00-${TRACE}-${PARENT}-01`
  const unsampled = `00-${TRACE}-${PARENT}-00`
  it.each([
    ['parentbased_always_on', 1, [true, true, false]],
    ['parentbased_always_off', 1, [false, true, false]],
    ['parentbased_traceidratio', 0, [false, true, false]],
    ['always_on', 1, [true, true, true]],
    ['always_off', 1, [false, false, false]],
    ['traceidratio', 0, [false, false, false]],
    ['traceidratio', 1, [true, true, true]],
  ])(
    '%s with %f records a request of nobody, of a recorded and of an unrecorded trace: %j',
    async (name, ratio, kept) => {
      const { tracing, collector } = await startWithCollector({ name, ratio })
      const counts: number[] = []
      for (const traceparent of [undefined, sampled, unsampled])
        await inRequest(tracing, traceparent, () => {
          let recorded = 0
          tracing.inSpan('work', {}, (note) => {
            note('done')
            recorded++
          })
          counts.push(recorded)
        })
      // The work runs in any case.
      expect(counts).toEqual([1, 1, 1])
      const spans = await spansOf(tracing, collector)
      expect(spans.filter(({ name }) => name === 'work')).toHaveLength(kept.filter(Boolean).length)
      expect(spans.filter(({ name }) => name === 'POST /graphql')).toHaveLength(kept.filter(Boolean).length)
    },
  )
})

describe('a span', () => {
  it('ends with what its work returns, throws or settles to, and records errors without their messages', async () => {
    const { tracing, collector } = await startWithCollector()
    await inRequest(tracing, undefined, async () => {
      expect(tracing.inSpan('value', {}, () => 7)).toBe(7)
      expect(await tracing.inSpan('promise', {}, () => Promise.resolve(8))).toBe(8)
      const refused = new ServiceError('UNAUTHENTICATED')
      await expect(tracing.inSpan('refusal', {}, () => Promise.reject(refused))).rejects.toBe(refused)
      const broken = Object.assign(new Error("Duplicate entry 'canary' for key"), { code: 'ER_DUP_ENTRY' })
      const fail = () => {
        throw broken
      }
      expect(() => tracing.inSpan('failure', {}, fail)).toThrow(broken)
    })
    const spans = await spansOf(tracing, collector)
    const find = (name: string) => spans.find((span) => span.name === name)
    expect(find('value')).toMatchObject({ status: { code: 0 }, attributes: {} })
    expect(find('promise')).toMatchObject({ status: { code: 0 } })
    expect(find('refusal')).toMatchObject({ status: { code: 0 }, attributes: { 'error.type': 'UNAUTHENTICATED' } })
    expect(find('failure')).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'ER_DUP_ENTRY' } })
    expect(JSON.stringify(spans)).not.toContain('canary')
  })

  it('is not started outside a request, and not by what a request leaves behind after its response', async () => {
    const { tracing, collector } = await startWithCollector()
    tracing.inSpan('outside', {}, () => undefined)
    const gate = Promise.withResolvers<undefined>()
    let later: Promise<unknown> = Promise.resolve()
    await inRequest(tracing, undefined, () => {
      later = gate.promise.then(() => tracing.inSpan('later', {}, () => expect(tracing.ids()).toBeUndefined()))
    })
    gate.resolve(undefined)
    await later
    const spans = await spansOf(tracing, collector)
    expect(spans.map(({ name }) => name)).toEqual(['POST /graphql'])
  })

  it('keeps two requests apart that run at once', async () => {
    const { tracing, collector } = await startWithCollector()
    const first = Promise.withResolvers<undefined>()
    const ids = [TRACE, TRACE.replace('0', '1')]
    await Promise.all(
      ids.map((id, i) =>
        inRequest(tracing, `00-${id}-${PARENT}-01`, async () => {
          if (i === 0) await first.promise
          else first.resolve(undefined)
          await tracing.inSpan(`work ${i}`, {}, () => new Promise(setImmediate))
        }),
      ),
    )
    const spans = await spansOf(tracing, collector)
    for (const [i, id] of ids.entries()) {
      const own = spans.filter(({ traceId }) => traceId === id)
      expect(outline(own, PARENT)).toEqual(['POST /graphql', `  work ${i}`])
    }
  })
})

describe('an outgoing request', () => {
  async function startOther() {
    const received: IncomingMessage['headers'][] = []
    const server = createServer(({ headers }, response) => {
      received.push(headers)
      response.end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    closing.push(() => server.close())
    return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  it('carries the context on, and its span has the origin but no path', async () => {
    const { tracing, collector } = await startWithCollector()
    const other = await startOther()
    await inRequest(tracing, `00-${TRACE}-${PARENT}-01`, () => fetch(`${other.url}/canary?canary`))
    await fetch(other.url)
    const spans = await spansOf(tracing, collector)
    const [call] = spans.filter(({ name }) => name === 'GET')
    expect(other.received.map(({ traceparent }) => traceparent)).toEqual([`00-${TRACE}-${call?.spanId}-01`, undefined])
    expect(JSON.stringify(other.received)).not.toContain('canary')
    expect(call?.attributes).toEqual({ 'http.request.method': 'GET', 'server.address': new URL(other.url).host })
  })

  it('carries on that a trace is not recorded', async () => {
    const { tracing, collector } = await startWithCollector()
    const other = await startOther()
    await inRequest(tracing, `00-${TRACE}-${PARENT}-00`, () => fetch(other.url))
    expect(other.received[0]?.['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
    expect(await spansOf(tracing, collector)).toEqual([])
  })
})

describe('a collector that accepts nothing', () => {
  it('is reported, its spans are counted, and closing does not wait for it', async () => {
    const tracing = start(`http://127.0.0.1:${await freePort()}`)
    const reports: (Error | null)[] = []
    tracing.onExport((failure) => reports.push(failure))
    await inRequest(tracing, undefined, () => undefined)
    await tracing.close()
    await until('the export has failed', () => tracing.counts().failed === 1)
    expect(reports).toEqual([expect.any(Error)])
    expect(tracing.counts()).toEqual({ exported: 0, dropped: 0, failed: 1 })
  })

  it('keeps at most 2,048 spans in memory, and the rest are dropped and counted', async () => {
    const collector = await startCollector({ respond: () => undefined })
    closing.push(() => collector.close())
    const tracing = start(collector.url)
    for (let i = 0; i < 3000; i++) await inRequest(tracing, undefined, () => undefined)
    expect(tracing.counts()).toEqual({ exported: 0, dropped: 3000 - 2048, failed: 0 })
    await tracing.close()
  })
})
