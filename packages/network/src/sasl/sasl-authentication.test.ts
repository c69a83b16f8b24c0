import { ErrorCode } from '@millrace/protocol/errors'
import { describe, expect, it } from 'vitest'
import { SaslAuthentication, type AuthenticationStep } from './sasl-authentication.ts'
import { SaslFailure, type SaslMechanism } from './sasl-mechanism.ts'

/** Tokens say what comes of them: `more`, `no`, or `NAME/LIFETIME`. */
function saying(name: string): SaslMechanism {
  return {
    name,
    begin: () => ({
      next(token) {
        const text = token.toString()
        if (text === 'more') return { kind: 'challenge', token: Buffer.from('go on') }
        if (text === 'no') throw new SaslFailure('No.', 'said no')
        const [principal = '', lifetime = ''] = text.split('/')
        const lifetimeMs = lifetime === '' ? null : Number(lifetime)
        return { kind: 'authenticated', token: Buffer.from('welcome'), principal, lifetimeMs }
      },
    }),
  }
}

const peer = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' }

function begin() {
  const clock = { now: 0, nowMs: () => 0, monotonicMs: () => clock.now }
  const mechanisms = [saying('ONE'), saying('TWO')]
  const authentication = new SaslAuthentication({ clock, mechanisms, peer })
  const say = (text: string): AuthenticationStep => {
    const steps: AuthenticationStep[] = []
    authentication.authenticate(Buffer.from(text), (step) => steps.push(step))
    const [step] = steps
    if (step === undefined || steps.length > 1) throw new Error('there is one answer, in the same turn')
    return step
  }
  return { clock, authentication, say }
}

describe('SASL on a connection', () => {
  it('names its mechanisms and refuses others for good', () => {
    const { authentication, say } = begin()
    expect(authentication.mechanisms).toEqual(['ONE', 'TWO'])
    expect(authentication.handshake('THREE')).toBe(ErrorCode.UNSUPPORTED_SASL_MECHANISM)
    expect(authentication.handshake('ONE')).toBe(ErrorCode.ILLEGAL_SASL_STATE)
    expect(say('alice').errorCode).toBe(ErrorCode.ILLEGAL_SASL_STATE)
  })

  it('carries tokens until the mechanism knows the principal', () => {
    const { authentication, say } = begin()
    expect(authentication.handshake('TWO')).toBe(ErrorCode.NONE)
    expect(say('more')).toMatchObject({ errorCode: 0, authBytes: Buffer.from('go on'), principal: null })
    expect(authentication.complete).toBe(false)
    expect(say('User:alice')).toMatchObject({ errorCode: 0, principal: 'User:alice', sessionLifetimeMs: 0 })
    expect(authentication.complete).toBe(true)
    expect(authentication.handshake('TWO')).toBe(ErrorCode.ILLEGAL_SASL_STATE)
  })

  it('tells the peer the message of a failure, and keeps the reason for the operator', () => {
    const { authentication, say } = begin()
    authentication.handshake('ONE')
    expect(say('no')).toMatchObject({
      errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'No.',
      failure: { kind: 'sasl', reason: 'said no', principal: null },
    })
    expect(authentication.handshake('ONE')).toBe(ErrorCode.ILLEGAL_SASL_STATE)
    expect(authentication.complete).toBe(false)
  })

  it('counts a proof with a lifetime until it ends, and again once it is renewed', () => {
    const { clock, authentication, say } = begin()
    authentication.handshake('ONE')
    expect(say('User:alice/60000').sessionLifetimeMs).toBe(60_000)
    clock.now = 500
    expect(authentication.handshake('ONE')).toBe(ErrorCode.ILLEGAL_SASL_STATE)
    clock.now = 50_000
    expect(authentication.handshake('ONE')).toBe(ErrorCode.NONE)
    expect(authentication.complete).toBe(true)
    expect(say('User:alice/60000').errorCode).toBe(ErrorCode.NONE)
    clock.now = 109_999
    expect([authentication.complete, authentication.expired]).toEqual([true, false])
    clock.now = 110_000
    expect([authentication.complete, authentication.expired]).toEqual([false, true])
  })

  it('lets nobody become somebody else on one connection, nor by another mechanism', () => {
    const first = begin()
    first.authentication.handshake('ONE')
    first.say('User:alice/60000')
    first.clock.now = 2_000
    first.authentication.handshake('ONE')
    expect(first.say('User:bob/60000')).toMatchObject({
      errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Cannot change principals during re-authentication from User.alice: User.bob',
    })
    expect(first.authentication.complete).toBe(false)
    const second = begin()
    second.authentication.handshake('ONE')
    second.say('User:alice/60000')
    second.clock.now = 2_000
    expect(second.authentication.handshake('TWO')).toBe(ErrorCode.UNSUPPORTED_SASL_MECHANISM)
    expect(second.authentication.complete).toBe(false)
  })

  it('asks again when the mechanism could not say yet, and answers once', () => {
    let known = false
    let ready: () => void = () => undefined
    const mechanism: SaslMechanism = {
      name: 'SLOW',
      begin: () => ({
        next: (token) =>
          known
            ? { kind: 'authenticated', token, principal: 'IAM:a', lifetimeMs: null, credentialId: 'AKID' }
            : { kind: 'later', when: (callback) => void (ready = callback) },
      }),
    }
    const clock = { nowMs: () => 0, monotonicMs: () => 0 }
    const authentication = new SaslAuthentication({ clock, mechanisms: [mechanism], peer })
    const steps: AuthenticationStep[] = []
    authentication.handshake('SLOW')
    authentication.authenticate(Buffer.from('token'), (step) => steps.push(step))
    ready()
    expect(steps).toEqual([])
    expect(authentication.complete).toBe(false)
    known = true
    ready()
    expect(steps).toMatchObject([{ errorCode: 0, principal: 'IAM:a', authBytes: Buffer.from('token') }])
    expect(authentication.credentialId).toBe('AKID')
  })

  it('has no answer for what it cannot know, and the connection is of no use', () => {
    const mechanism: SaslMechanism = {
      name: 'AWAY',
      begin: () => ({ next: () => ({ kind: 'unknowable', reason: 'nobody can be asked' }) }),
    }
    const clock = { nowMs: () => 0, monotonicMs: () => 0 }
    const authentication = new SaslAuthentication({ clock, mechanisms: [mechanism], peer })
    const steps: AuthenticationStep[] = []
    authentication.handshake('AWAY')
    authentication.authenticate(Buffer.from('token'), (step) => steps.push(step))
    expect(steps).toMatchObject([{ unknowable: 'nobody can be asked', principal: null, failure: null }])
    expect(authentication.complete).toBe(false)
  })
})
