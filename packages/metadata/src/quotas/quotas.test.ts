import { describe, expect, test } from 'vitest'
import type { ClientQuota, QuotaEntityPart } from '../image.ts'
import { quotaEntityKey } from '../image.ts'
import { findQuotas } from './describe-quotas.ts'
import { entityError, quotaError, quotaKeyError } from './quota-keys.ts'
import { resolveClientQuota, resolveConnectionRate, userOf } from './quota-resolution.ts'
import { RateMeter } from './rate-meter.ts'
import { TokenBucket } from './token-bucket.ts'

const WINDOWS = { count: 11, sizeMs: 1000 }

type Part = readonly [type: 'user' | 'client-id' | 'ip', name: string | null]

const entityOf = (parts: readonly Part[]): QuotaEntityPart[] =>
  parts.map(([entityType, entityName]) => ({ entityType, entityName }))

function quotas(...entries: readonly (readonly [parts: readonly Part[], values: Record<string, number>])[]): {
  clientQuotas: ReadonlyMap<string, ClientQuota>
} {
  const clientQuotas = new Map<string, ClientQuota>()
  for (const [parts, values] of entries) {
    const entity = entityOf(parts)
    clientQuotas.set(quotaEntityKey(entity), { entity, values: new Map(Object.entries(values)) })
  }
  return { clientQuotas }
}

describe('RateMeter', () => {
  test('lets ten seconds’ worth through at first, then throttles for what is above', () => {
    const meter = new RateMeter(1000, WINDOWS)
    meter.record(10_000, 0)
    expect(meter.throttleMs(0)).toBe(0)
    meter.record(500, 0)
    expect(meter.throttleMs(0)).toBe(500)
    expect(meter.exceeded(0)).toBe(true)
  })

  test('is within its bound again when the throttle time has passed, and gives the burst once', () => {
    const meter = new RateMeter(1000, WINDOWS)
    meter.record(10_500, 0)
    expect(meter.throttleMs(400)).toBe(100)
    expect(meter.throttleMs(500)).toBe(0)
    // The empty windows before the first are used up as time passes: at 2 s no more may have flowed than at 0 s.
    expect(meter.throttleMs(2000)).toBe(500)
    expect(meter.throttleMs(10_500)).toBe(0)
  })

  test('a steady flow below the bound is never throttled, one at twice the bound is held to it', () => {
    const steady = new RateMeter(1000, WINDOWS)
    for (let ms = 0; ms < 60_000; ms += 100) {
      steady.record(90, ms)
      expect(steady.throttleMs(ms)).toBe(0)
    }
    const greedy = new RateMeter(1000, WINDOWS)
    let sent = 0
    for (let ms = 0; ms < 120_000;) {
      greedy.record(200, ms)
      sent += 200
      ms += Math.max(100, greedy.throttleMs(ms))
    }
    expect(sent / 120).toBeGreaterThan(1000 * 0.95)
    expect(sent / 120).toBeLessThan(1000 * 1.1)
  })

  test('forgets what is older than its windows, and what was taken back', () => {
    const meter = new RateMeter(10, WINDOWS)
    meter.record(1000, 0)
    meter.record(-1000, 0)
    expect(meter.idle(0)).toBe(true)
    meter.record(1000, 5)
    expect(meter.idle(11_004)).toBe(true)
    expect(meter.throttleMs(11_004)).toBe(0)
  })
})

describe('TokenBucket', () => {
  test('gives credit up to its burst and says when an overdraft is paid back', () => {
    const bucket = new TokenBucket(2, WINDOWS, 0)
    bucket.take(22, 0)
    expect(bucket.throttleMs(0)).toBe(0)
    bucket.take(5, 0)
    expect(bucket.throttleMs(0)).toBe(2500)
    expect(bucket.throttleMs(2500)).toBe(0)
    expect(bucket.full(13_499)).toBe(false)
    expect(bucket.full(60_000)).toBe(true)
  })
})

describe('the quota that holds for a client', () => {
  const LADDER: readonly (readonly Part[])[] = [
    [
      ['user', 'alice'],
      ['client-id', 'app'],
    ],
    [
      ['user', 'alice'],
      ['client-id', null],
    ],
    [['user', 'alice']],
    [
      ['user', null],
      ['client-id', 'app'],
    ],
    [
      ['user', null],
      ['client-id', null],
    ],
    [['user', null]],
    [['client-id', 'app']],
    [['client-id', null]],
  ]
  const SHARED = [
    '["alice","app"]',
    '["alice","app"]',
    '["alice",null]',
    '["alice","app"]',
    '["alice","app"]',
    '["alice",null]',
    '[null,"app"]',
    '[null,"app"]',
  ]

  test.each(LADDER.map((_, index) => index))('the most specific entity wins, rung %i', (first) => {
    const image = quotas(
      ...LADDER.slice(first).map((parts, at) => [parts, { producer_byte_rate: first + at + 1 }] as const),
    )
    expect(resolveClientQuota(image, 'producer_byte_rate', 'alice', 'app')).toEqual({
      bound: first + 1,
      entity: entityOf(LADDER[first] ?? []),
      sharedBy: SHARED[first],
    })
  })

  test('an entity without the key, or of others, does not count', () => {
    const image = quotas(
      [[['user', 'alice']], { consumer_byte_rate: 5 }],
      [[['user', 'bob']], { producer_byte_rate: 6 }],
      [[['client-id', 'other']], { producer_byte_rate: 7 }],
    )
    expect(resolveClientQuota(image, 'producer_byte_rate', 'alice', 'app')).toBeNull()
    expect(userOf('User:alice')).toBe('alice')
  })

  test('an address has its own rate or the default one', () => {
    const image = quotas(
      [[['ip', '10.0.0.1']], { connection_creation_rate: 5 }],
      [[['ip', null]], { connection_creation_rate: 9 }],
    )
    const own = { bound: 5, entity: entityOf([['ip', '10.0.0.1']]), sharedBy: '10.0.0.1' }
    expect(resolveConnectionRate(image, '10.0.0.1')).toEqual(own)
    const byDefault = { bound: 9, entity: entityOf([['ip', null]]), sharedBy: '10.0.0.2' }
    expect(resolveConnectionRate(image, '10.0.0.2')).toEqual(byDefault)
    expect(resolveConnectionRate(quotas(), '10.0.0.2')).toBeNull()
  })
})

describe('what may be set', () => {
  test.each<[string, Part[], RegExp]>([
    ['no part', [], /empty client quota entity/],
    ['an unknown type', [['host' as 'ip', 'x']], /Unhandled client quota entity type: host/],
    ['an empty name', [['user', '']], /Empty user not supported/],
    [
      'a type twice',
      [
        ['user', 'a'],
        ['user', 'b'],
      ],
      /duplicate user/,
    ],
    [
      'an address with a user',
      [
        ['ip', '10.0.0.1'],
        ['user', 'a'],
      ],
      /should not be combined/,
    ],
    ['no address', [['ip', '10.0.0.300']], /not a valid IP/],
  ])('refuses an entity with %s', (_, parts, message) => {
    expect(entityError(entityOf(parts))).toMatch(message)
  })

  test.each<[Part[], string, number, RegExp | null]>([
    [[['user', 'a']], 'producer_byte_rate', 1024, null],
    [[['user', 'a']], 'producer_byte_rate', 0, /greater than 0/],
    [[['user', 'a']], 'producer_byte_rate', 1.5, /whole number/],
    [[['user', 'a']], 'request_percentage', 0.5, null],
    [[['user', 'a']], 'request_percentage', NaN, /greater than 0/],
    [[['user', 'a']], 'connection_creation_rate', 5, /Invalid configuration key/],
    [[['user', 'a']], 'toString', 5, /Invalid configuration key/],
    [[['ip', '::1']], 'connection_creation_rate', 5, null],
    [[['ip', '::1']], 'connection_creation_rate', 2 ** 31, /too large for an INT/],
    [[['ip', '::1']], 'producer_byte_rate', 5, /Invalid configuration key/],
  ])('%j %s=%d', (parts, key, value, message) => {
    const found = quotaError(entityOf(parts), key, value)
    if (message === null) expect(found).toBeNull()
    else expect(found).toMatch(message)
  })

  test('removing asks for a known key only', () => {
    expect(quotaKeyError(entityOf([['user', 'a']]), 'producer_byte_rate')).toBeNull()
    expect(quotaKeyError(entityOf([['user', 'a']]), 'nothing')).toBe('Invalid configuration key nothing')
  })
})

describe('finding quotas', () => {
  const image = quotas(
    [[['user', 'alice']], { producer_byte_rate: 1 }],
    [[['user', null]], { producer_byte_rate: 2 }],
    [
      [
        ['user', 'alice'],
        ['client-id', 'app'],
      ],
      { producer_byte_rate: 3 },
    ],
    [[['client-id', 'app']], { producer_byte_rate: 4 }],
    [[['ip', '10.0.0.1']], { connection_creation_rate: 5 }],
  )
  const find = (strict: boolean, ...parts: readonly (readonly [string, number, string | null])[]): unknown => {
    const components = parts.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    const found = findQuotas(image, { components, strict })
    return 'message' in found ? found : found.map(({ values }) => [...values.values()][0])
  }

  test('by name, default or any, with other parts or without', () => {
    expect(find(false)).toEqual([1, 2, 3, 4, 5])
    expect(find(true)).toEqual([])
    expect(find(false, ['user', 0, 'alice'])).toEqual([1, 3])
    expect(find(true, ['user', 0, 'alice'])).toEqual([1])
    expect(find(true, ['user', 1, null])).toEqual([2])
    expect(find(true, ['user', 2, null])).toEqual([1, 2])
    expect(find(true, ['user', 2, null], ['client-id', 2, null])).toEqual([3])
    expect(find(false, ['ip', 2, null])).toEqual([5])
  })

  test.each<[[string, number, string | null][], boolean]>([
    [[['', 0, 'x']], false],
    [[['user', 0, null]], false],
    [[['user', 1, 'x']], false],
    [[['user', 3, 'x']], false],
    [
      [
        ['user', 0, 'x'],
        ['user', 1, null],
      ],
      false,
    ],
    [
      [
        ['ip', 2, null],
        ['user', 2, null],
      ],
      false,
    ],
    [[['host', 2, null]], true],
  ])('refuses %j', (parts, unsupportedType) => {
    expect(find(false, ...parts)).toMatchObject({ unsupportedType })
  })
})
