import { describe, expect, it } from 'vitest'
import { APIS, ApiKey, apiByKey } from './apis.ts'
import { versionsOf } from './definition.ts'
import { acceptedVersionRange, apiVersionRange, isControllerApi, profileOf } from './version-profiles.ts'

const PROFILES = ['3.9.1', '4.0.0', '4.1.1', '4.2.0', '4.3.0'].map(profileOf)

/** Versions that are defined though no listed release advertises them, with the reason. */
const UNADVERTISED: Readonly<Record<number, string>> = {
  28: 'version 6 comes with 4.4',
  42: 'version 3 comes with 4.4',
  88: 'version 1 comes with 4.4',
  89: 'version 1 comes with 4.4',
  93: 'comes with 4.4',
}

describe('version profiles', () => {
  it('advertise only versions that are defined, and every defined one in some release', () => {
    for (const api of APIS) {
      const request = versionsOf(api.request)
      expect(versionsOf(api.response)).toEqual(request)
      const ranges = PROFILES.map((profile) => apiVersionRange(profile, api.key)).filter((range) => range !== null)
      for (const range of ranges) {
        expect(range.min, api.name).toBeGreaterThanOrEqual(request.min)
        expect(range.max, api.name).toBeLessThanOrEqual(request.max)
        expect(range.min, api.name).toBeLessThanOrEqual(range.max)
      }
      if (UNADVERTISED[api.key] !== undefined) continue
      expect(Math.min(...ranges.map((range) => range.min)), api.name).toBe(request.min)
      expect(Math.max(...ranges.map((range) => range.max)), api.name).toBe(request.max)
    }
  })

  it('never lower a maximum from one release to the next', () => {
    for (const api of APIS) {
      const maxima = PROFILES.map((profile) => apiVersionRange(profile, api.key)?.max ?? -1)
      if (api.key === ApiKey.ControlledShutdown) continue // gone with ZooKeeper
      expect(maxima, api.name).toEqual([...maxima].sort((a, b) => a - b))
    }
  })

  it('give releases up to 3.9 the column of 3.9, with their own metadata.version', () => {
    const old = profileOf('3.5.1')
    expect(old.name).toBe('3.9')
    expect(old.metadataVersion).toEqual({ level: 11, name: '3.5-IV2' })
    expect(apiVersionRange(old, ApiKey.Fetch)).toEqual({ min: 0, max: 17 })
    expect(profileOf('3.7.x.kraft').metadataVersion.level).toBe(19)
    expect(profileOf('2.8.1').metadataVersion.level).toBe(7)
  })

  it('finalize the features of the release', () => {
    const levels = (version: string): object =>
      Object.fromEntries(profileOf(version).features.map((feature) => [feature.name, feature.level]))
    expect(levels('3.9.x')).toEqual({ 'metadata.version': 21, 'kraft.version': 0 })
    expect(levels('4.0.x')).toMatchObject({ 'metadata.version': 25, 'group.version': 1, 'transaction.version': 2 })
    expect(levels('4.0.x')).not.toHaveProperty('share.version')
    expect(levels('4.2.0')).toMatchObject({ 'metadata.version': 29, 'share.version': 1, 'streams.version': 1 })
  })

  it('advertise Produce from 0 for the sake of librdkafka, and accept it from 3', () => {
    for (const profile of PROFILES) {
      expect(apiVersionRange(profile, ApiKey.Produce)?.min).toBe(0)
      expect(acceptedVersionRange(profile, ApiKey.Produce)?.min).toBe(3)
      expect(acceptedVersionRange(profile, ApiKey.Fetch)?.min).toBe(4)
    }
  })

  it('know which APIs only controllers offer', () => {
    expect(isControllerApi(ApiKey.BrokerHeartbeat)).toBe(true)
    expect(isControllerApi(ApiKey.CreateTopics)).toBe(false)
  })

  it('refuse what is no version', () => {
    expect(() => profileOf('latest')).toThrow(RangeError)
  })
})

describe('apis', () => {
  it('are found by key', () => {
    expect(apiByKey(3)?.name).toBe('Metadata')
    for (const api of APIS) {
      expect(ApiKey[api.name]).toBe(api.key)
      expect(api.response.apiKey).toBe(api.key)
      expect(api.response.name).toBe(`${api.name}Response`)
    }
    for (const key of [-1, 4, 5, 6, 94, 10_000]) expect(apiByKey(key)).toBeUndefined()
  })
})
