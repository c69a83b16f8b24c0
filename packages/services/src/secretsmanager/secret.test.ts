/** Staging labels: whatever is written and moved in whatever order, every label is on one version at most. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addVersion, CURRENT, currentVersion, moveStage, PREVIOUS, VERSIONS_MAX, type SecretVersion } from './secret.ts'

function version(number: number): SecretVersion {
  return {
    secretArn: 'arn',
    versionId: `v${number}`,
    createdAt: new Date(number).toISOString(),
    accessedAt: null,
    stages: [],
    kind: 'text',
    kmsKeyId: null,
    dataKey: '',
    sealed: '',
  }
}

const stage = fc.constantFrom(CURRENT, 'AWSPENDING', 'mine')
const step = fc.oneof(
  fc.record({ add: fc.uniqueArray(stage, { minLength: 1, maxLength: 3 }) }),
  fc.record({ move: stage, to: fc.nat(20) }),
)

test('a label is on one version at most, AWSCURRENT always on one, AWSPREVIOUS where AWSCURRENT was before', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      let versions = addVersion([], version(0), ['mine'])
      let made = 1
      for (const taken of steps) {
        const before = currentVersion(versions)?.versionId
        if ('add' in taken) versions = addVersion(versions, version(made++), taken.add)
        else versions = moveStage(versions, taken.move, `v${taken.to % made}`)
        const labels = versions.flatMap(({ stages }) => stages)
        expect(new Set(labels).size).toBe(labels.length)
        const now = currentVersion(versions)?.versionId
        expect(now).toBeDefined()
        if (now !== before) expect(versions.find(({ stages }) => stages.includes(PREVIOUS))?.versionId).toBe(before)
      }
    }),
  )
})

test('the oldest versions without a label go when there are too many', () => {
  let versions: readonly SecretVersion[] = []
  for (let number = 0; number < VERSIONS_MAX + 10; number++) versions = addVersion(versions, version(number), [CURRENT])
  expect(versions).toHaveLength(VERSIONS_MAX)
  expect([versions[0]?.versionId, versions.at(-1)?.versionId]).toEqual(['v10', `v${VERSIONS_MAX + 9}`])
})
