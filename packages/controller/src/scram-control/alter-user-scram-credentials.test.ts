import { ErrorCode } from '@millrace/protocol/errors'
import { saltedPassword, scramCredential } from '@millrace/protocol/sasl/scram'
import { expect, test } from 'vitest'
import type { ControlState } from '../decision.ts'
import { after, stateOf } from '../testing/decision-fixture.ts'
import { alterUserScramCredentials } from './alter-user-scram-credentials.ts'

const salt = Buffer.from('a salt')
const SHA_512 = 2

function upsertion(name: string, password: string, iterations = 4096, mechanism = SHA_512) {
  const salted = saltedPassword(password, salt, 4096)
  return { name, mechanism, iterations, salt, saltedPassword: salted }
}

function withAlice(): ControlState {
  const before = stateOf([])
  return after(before, alterUserScramCredentials(before, { deletions: [], upsertions: [upsertion('alice', 'secret')] }))
}

test('what is kept checks the password and is not the salted password', () => {
  const [stored] = withAlice().image.scramCredentials.values()
  const { storedKey, serverKey } = scramCredential(saltedPassword('secret', salt, 4096), salt, 4096)
  expect(stored).toEqual({ name: 'alice', mechanism: SHA_512, salt, iterations: 4096, storedKey, serverKey })
})

test('SCRAM-SHA-256 is kept by its own digest', () => {
  const state = stateOf([])
  const decision = alterUserScramCredentials(state, { deletions: [], upsertions: [upsertion('bob', 'x', 4096, 1)] })
  const [stored] = after(state, decision).image.scramCredentials.values()
  expect([stored?.mechanism, stored?.storedKey.length, stored?.serverKey.length]).toEqual([1, 32, 32])
})

test('a deleted user is gone', () => {
  const state = withAlice()
  const decision = alterUserScramCredentials(state, {
    deletions: [{ name: 'alice', mechanism: SHA_512 }],
    upsertions: [],
  })
  expect(decision.response.results).toEqual([{ user: 'alice', errorCode: 0, errorMessage: null }])
  expect(after(state, decision).image.scramCredentials.size).toBe(0)
})

test.each([
  ['an empty name', upsertion('', 'x'), ErrorCode.UNACCEPTABLE_CREDENTIAL],
  ['too few iterations', upsertion('bob', 'x', 4095), ErrorCode.UNACCEPTABLE_CREDENTIAL],
  ['too many iterations', upsertion('bob', 'x', 16_385), ErrorCode.UNACCEPTABLE_CREDENTIAL],
  ['no salt', { ...upsertion('bob', 'x'), salt: Buffer.alloc(0) }, ErrorCode.UNACCEPTABLE_CREDENTIAL],
  ['a mechanism that is none', upsertion('bob', 'x', 4096, 3), ErrorCode.UNSUPPORTED_SASL_MECHANISM],
])('refuses %s, and does the rest', (_what, wrong, errorCode) => {
  const decision = alterUserScramCredentials(stateOf([]), {
    deletions: [],
    upsertions: [wrong, upsertion('carol', 'y')],
  })
  expect(decision.response.results.map((result) => [result.user, result.errorCode])).toEqual([
    [wrong.name, errorCode],
    ['carol', 0],
  ])
  expect(decision.records).toHaveLength(1)
})

test('refuses to delete who is not there, and a user named twice', () => {
  const { response, records } = alterUserScramCredentials(withAlice(), {
    deletions: [
      { name: 'bob', mechanism: SHA_512 },
      { name: 'alice', mechanism: SHA_512 },
    ],
    upsertions: [upsertion('alice', 'again')],
  })
  expect(response.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
    ['bob', ErrorCode.RESOURCE_NOT_FOUND],
    ['alice', ErrorCode.DUPLICATE_RESOURCE],
  ])
  expect(records).toEqual([])
})
