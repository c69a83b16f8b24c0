import {
  checkServerFinal,
  clientFinalMessage,
  clientFirstMessage,
  parseServerFirst,
  saltedPassword,
  scramCredential,
} from '@millrace/protocol/sasl/scram'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { describe, expect, it } from 'vitest'
import { SaslFailure, type SaslStep } from './sasl-mechanism.ts'
import { scramMechanism } from './scram-mechanism.ts'

const salt = Buffer.from('a salt of alice')
let deleted: string | null = null
const mechanism = scramMechanism({
  random: new SeededRandom(1),
  credentialOf: (user) =>
    user === 'alice' && user !== deleted ? scramCredential(saltedPassword('secret', salt, 4096), salt, 4096) : null,
  principalOf: (user) => `User:${user}`,
})

/** SCRAM always has something to say. */
function said(step: SaslStep): Extract<SaslStep, { readonly token: Buffer }> {
  if ('token' in step) return step
  throw new Error(`no token: ${step.kind}`)
}

/** The whole conversation; what the server's first message was, and how it ended. */
function logIn(user: string, password: string): { readonly serverFirst: string; readonly end: () => SaslStep } {
  const conversation = mechanism.begin({ remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' })
  const challenge = said(conversation.next(Buffer.from(clientFirstMessage(user, 'clientnonce'))))
  const server = parseServerFirst(challenge.token.toString(), 'clientnonce')
  const final = clientFinalMessage(
    user,
    'clientnonce',
    server,
    saltedPassword(password, server.salt, server.iterations),
  )
  const end = (): SaslStep => {
    const step = said(conversation.next(Buffer.from(final.message)))
    checkServerFinal(step.token.toString(), final.serverSignature)
    return step
  }
  return { serverFirst: server.salt.toString('hex'), end }
}

function failureOf(end: () => SaslStep): SaslFailure {
  try {
    end()
  } catch (error) {
    if (error instanceof SaslFailure) return error
    throw error
  }
  throw new Error('it did not fail')
}

function reasonOf(end: () => SaslStep): string {
  return failureOf(end).reason
}

describe('SCRAM-SHA-512', () => {
  it('lets in who knows the password, for as long as the connection lives', () => {
    expect(logIn('alice', 'secret').end()).toMatchObject({
      kind: 'authenticated',
      principal: 'User:alice',
      lifetimeMs: null,
    })
  })

  it('refuses a wrong password and an unknown user with the same words', () => {
    for (const [user, password] of [
      ['alice', 'wrong'],
      ['mallory', 'secret'],
    ] as const) {
      expect(() => logIn(user, password).end()).toThrow(
        'Authentication failed: invalid credentials with SASL mechanism SCRAM-SHA-512',
      )
    }
    expect(failureOf(logIn('alice', 'wrong').end).details).toMatchObject({
      kind: 'wrong-password',
      principal: 'User:alice',
    })
    expect(failureOf(logIn('mallory', 'x').end).details).toMatchObject({
      kind: 'unknown-user',
      principal: 'User:mallory',
    })
    expect(reasonOf(logIn('alice', 'wrong').end)).toBe('SCRAM-SHA-512 of user "alice": wrong proof')
    expect(reasonOf(logIn('mallory', 'x').end)).toBe('SCRAM-SHA-512 of user "mallory", who does not exist: wrong proof')
  })

  it('shows an unknown user the same salt every time, as it does a known one', () => {
    expect(logIn('mallory', 'x').serverFirst).toBe(logIn('mallory', 'y').serverFirst)
    expect(logIn('mallory', 'x').serverFirst).not.toBe(logIn('trudy', 'x').serverFirst)
  })

  it('refuses a user who is deleted while the login is under way', () => {
    deleted = 'alice'
    const { end } = logIn('alice', 'secret')
    deleted = null
    const later = logIn('alice', 'secret')
    deleted = 'alice'
    expect(reasonOf(end)).toContain('who does not exist')
    expect(reasonOf(later.end)).toBe('SCRAM-SHA-512 of user "alice": the user was deleted meanwhile')
    deleted = null
  })

  it('ends a conversation that is no SCRAM', () => {
    const conversation = mechanism.begin({ remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' })
    expect(() => conversation.next(Buffer.from('n,,n=,r='))).toThrow(SaslFailure)
  })
})
