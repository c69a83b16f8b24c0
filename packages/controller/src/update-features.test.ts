import { RecordType } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type { UpdateFeaturesRequest } from '@millrace/protocol/messages/57-update-features'
import { describe, expect, it } from 'vitest'
import { after, broker, stateOf } from './testing/decision-fixture.ts'
import { updateFeatures } from './update-features.ts'

const SUPPORTED = [
  { name: 'metadata.version', minVersion: 7, maxVersion: 25 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1 },
]
const [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE] = [1, 2, 3]
type Update = UpdateFeaturesRequest['featureUpdates'][number]

function update(feature: string, maxVersionLevel: number, upgradeType = UPGRADE, allowDowngrade = false): Update {
  return { feature, maxVersionLevel, upgradeType: upgradeType ?? 1, allowDowngrade }
}

function ask(level: number, updates: readonly Update[], { validateOnly = false, apiVersion = 1 } = {}) {
  const state = stateOf([], { level })
  const request = { timeoutMs: 1_000, featureUpdates: [...updates], validateOnly }
  const decision = updateFeatures(state, request, apiVersion, SUPPORTED)
  return { ...decision.response, records: decision.records, features: after(state, decision).image.features }
}

describe('UpdateFeatures', () => {
  it('finalizes a level and answers for every feature', () => {
    const { errorCode, results, features } = ask(20, [update('metadata.version', 25), update('transaction.version', 2)])
    expect(errorCode).toBe(ErrorCode.NONE)
    expect(results?.map(({ feature, errorCode: each }) => [feature, each])).toEqual([
      ['metadata.version', 0],
      ['transaction.version', 0],
    ])
    expect([...features]).toEqual([
      ['metadata.version', 25],
      ['transaction.version', 2],
    ])
  })

  it('changes nothing when it is only to validate, or when the level is finalized already', () => {
    expect(ask(20, [update('metadata.version', 25)], { validateOnly: true }).records).toEqual([])
    expect(ask(20, [update('metadata.version', 20)])).toMatchObject({ errorCode: 0, records: [] })
  })

  it('removes a feature with level 0', () => {
    const state = stateOf([
      { type: RecordType.FEATURE_LEVEL, version: 0, body: { name: 'transaction.version', featureLevel: 2 } },
    ])
    const featureUpdates = [update('transaction.version', 0, SAFE_DOWNGRADE)]
    const decision = updateFeatures(state, { timeoutMs: 1, featureUpdates, validateOnly: false }, 1, SUPPORTED)
    expect(after(state, decision).image.features.has('transaction.version')).toBe(false)
  })

  it.each<[string, number, Update, RegExp]>([
    ['of an unknown feature', 21, update('no.version', 1), /does not support this feature/],
    ['beyond what is supported', 21, update('metadata.version', 26), /only supports versions 7-25/],
    ['below what is supported', 21, update('metadata.version', 6, SAFE_DOWNGRADE), /only supports versions 7-25/],
    ['of a negative level', 21, update('metadata.version', -1), /less than 0/],
    ['down as an upgrade', 21, update('metadata.version', 20), /without setting the upgrade type/],
    ['up as a downgrade', 21, update('metadata.version', 25, SAFE_DOWNGRADE), /downgrade to a newer version/],
    ['of an unknown kind', 21, update('metadata.version', 25, 9), /upgrade type/],
    ['down over a change of records', 21, update('metadata.version', 16, SAFE_DOWNGRADE), /might delete metadata/],
    ['unsafely over it', 21, update('metadata.version', 16, UNSAFE_DOWNGRADE), /not supported in this version/],
    ['without the metadata.version it needs', 21, update('eligible.leader.replicas.version', 1), /needs metadata/],
  ])('refuses a change %s', (_, level, wanted, message) => {
    const { errorCode, errorMessage, records } = ask(level, [wanted])
    expect(errorCode).toBe(ErrorCode.INVALID_UPDATE_VERSION)
    expect(errorMessage).toMatch(message)
    expect(records).toEqual([])
  })

  it('steps down over levels that change no record', () => {
    expect(ask(22, [update('metadata.version', 17, SAFE_DOWNGRADE)]).features.get('metadata.version')).toBe(17)
  })

  it('takes the metadata.version of the same request into account', () => {
    const both = [update('eligible.leader.replicas.version', 1), update('metadata.version', 25)]
    expect(ask(21, both).errorCode).toBe(ErrorCode.NONE)
  })

  it('makes all changes of a request or none', () => {
    const { errorCode, errorMessage, records } = ask(21, [update('metadata.version', 25), update('no.version', 1)])
    expect(errorCode).toBe(ErrorCode.INVALID_UPDATE_VERSION)
    expect(errorMessage).toMatch(/^The update failed for all features/)
    expect(records).toEqual([])
  })

  it('knows a downgrade of version 0 by its flag', () => {
    const down = (allowed: boolean): number | undefined =>
      ask(21, [update('metadata.version', 20, UPGRADE, allowed)], { apiVersion: 0 }).errorCode
    expect(down(false)).toBe(ErrorCode.INVALID_UPDATE_VERSION)
    expect(down(true)).toBe(ErrorCode.NONE)
  })

  it('refuses what a registered broker does not support', () => {
    const state = stateOf([broker(1)])
    const request = { timeoutMs: 1, featureUpdates: [update('transaction.version', 2)], validateOnly: false }
    const { response } = updateFeatures(state, request, 1, SUPPORTED)
    expect(response.errorMessage).toMatch(/Broker 1 does not support this feature/)
  })

  it('refuses a request that names nothing, or one feature twice', () => {
    expect(ask(21, []).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    const twice = [update('metadata.version', 25), update('metadata.version', 24)]
    expect(ask(21, twice).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})
