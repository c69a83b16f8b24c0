/**
 * A flood of failing handshakes at one broker: plaintext at the TLS port, peers that trust nobody, logins without a password. All
 * of them end as refusals, and good clients come in all the while. Full size: 10,000 within a minute, and the p99 of a good
 * client's connect stays within twice of what it is while nothing else happens.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { logIn } from 'millrace/doctor/log-in'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALICE, MECHANISM, buildCastle, type Castle } from './harness/castle.ts'
import { full } from './harness/size.ts'

let castle: Castle
beforeAll(async () => {
  castle = await buildCastle()
}, 120_000)
afterAll(() => castle?.stop())

describe('a flood of failing handshakes', () => {
  const PER_SECOND = full ? 10_000 / 60 : 60
  const COUNT = full ? 10_000 : 180
  /** One good client from TCP to the answer of its first request, ms. */
  const connectOnce = async (): Promise<number> => {
    const startedMs = performance.now()
    const exchange = await castle.exchange(castle.scram)
    await logIn(exchange, MECHANISM, ALICE)
    await exchange.ask(metadataRequest, metadataResponse, 4, { topics: [], allowAutoTopicCreation: false })
    const elapsedMs = performance.now() - startedMs
    exchange.close()
    return elapsedMs
  }
  /** Good clients at a steady rate until `done`. */
  const connects = async (done: () => boolean): Promise<number[]> => {
    const times: number[] = []
    while (!done()) {
      const next = performance.now() + (full ? 50 : 100)
      times.push(await connectOnce())
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
    }
    return times.sort((a, b) => a - b)
  }
  const p99 = (times: readonly number[]): number => times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN

  it('ends for everyone in it as a refusal, and good clients come in all the while', async () => {
    // The first login derives the password's key, and the code gets warm.
    for (let warm = 0; warm < 20; warm++) await connectOnce()
    const untilMs = performance.now() + (full ? 60_000 : 1_000)
    const idle = await connects(() => performance.now() > untilMs)
    const flood = fileURLToPath(new URL('harness/login-flood.mjs', import.meta.url))
    const child = spawn(process.execPath, [
      flood,
      castle.scram.host,
      String(castle.scram.port),
      String(COUNT),
      String(PER_SECOND),
    ])
    let said = ''
    let over = false
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const ended = new Promise((resolve) => child.on('close', resolve)).then(() => (over = true))
    const under = await connects(() => over)
    await ended
    const { sent, ended: counts } = JSON.parse(said) as { sent: number; ended: Record<string, number> }
    expect(sent).toBe(COUNT)
    expect(counts).toEqual({ plaintext: COUNT / 4, untrusting: COUNT / 4, scram: COUNT / 2, gaveUp: 0 })
    expect(under.length).toBeGreaterThan(5)
    const { stdout } = await castle.millrace.cli('why', '--last', '1h', '--json')
    const { events } = JSON.parse(stdout) as { events: { event: { kind?: string; count: number } }[] }
    const total = (kind: string): number =>
      events.filter(({ event }) => event.kind === kind).reduce((sum, { event }) => sum + event.count, 0)
    expect(total('plaintext-to-tls')).toBeGreaterThanOrEqual(COUNT / 4)
    expect(total('unknown-user')).toBeGreaterThanOrEqual(COUNT / 2)
    const figures = {
      idleP99Ms: p99(idle),
      floodP99Ms: p99(under),
      idleConnects: idle.length,
      floodConnects: under.length,
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    if (full) {
      expect(figures.floodP99Ms).toBeLessThanOrEqual(2 * figures.idleP99Ms)
    }
  }, 300_000)
})
