import { describe, expect, it } from 'vitest'
import {
  ScramError,
  checkServerFinal,
  clientFinalMessage,
  clientFirstMessage,
  parseClientFirst,
  parseServerFirst,
  saltedPassword,
  scramCredential,
  serverFinalMessage,
  serverFirstMessage,
} from './scram.ts'

const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const CREDENTIAL = scramCredential(saltedPassword('pencil', SALT, 4_096), SALT, 4_096)

/** One exchange; each message may be changed on its way. */
function exchange(
  options: {
    password?: string
    user?: string
    onFinal?: (message: string) => string
    onServerFinal?: (message: string) => string
  } = {},
): void {
  const user = options.user ?? 'user'
  const nonce = 'rOprNGfwEbeRWgbNEkqO'
  const first = parseClientFirst(clientFirstMessage(user, nonce))
  expect(first.username).toBe(user)
  const serverFirst = serverFirstMessage(first, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', CREDENTIAL)
  const server = parseServerFirst(serverFirst, nonce)
  const salted = saltedPassword(options.password ?? 'pencil', server.salt, server.iterations)
  const final = clientFinalMessage(user, nonce, server, salted)
  const message = options.onFinal?.(final.message) ?? final.message
  const answer = serverFinalMessage(first, serverFirst, message, CREDENTIAL)
  checkServerFinal(options.onServerFinal?.(answer) ?? answer, final.serverSignature)
}

describe('SCRAM-SHA-512', () => {
  it('gives the messages that an independent implementation computes', () => {
    // User, password, nonces and salt of RFC 7677's SHA-256 example; proof and signature computed with Python's hashlib for SHA-512.
    const first = parseClientFirst('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    const serverFirst = serverFirstMessage(first, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', CREDENTIAL)
    expect(serverFirst).toBe('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')
    const server = parseServerFirst(serverFirst, first.nonce)
    const final = clientFinalMessage('user', first.nonce, server, saltedPassword('pencil', SALT, 4_096))
    expect(final.message).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==',
    )
    expect(serverFinalMessage(first, serverFirst, final.message, CREDENTIAL)).toBe(
      'v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==',
    )
  })

  it('lets in who knows the password, whatever the name', () => {
    exchange()
    exchange({ user: 'a=b,c' })
    exchange({ user: 'Jürgen' })
  })

  it('lets nobody in with another password', () => {
    expect(() => exchange({ password: 'pencils' })).toThrow(/wrong proof/)
  })

  it('lets nobody in with changed messages', () => {
    expect(() => exchange({ onFinal: (text) => text.replace('r=rO', 'r=rX') })).toThrow(/nonce/)
    expect(() => exchange({ onFinal: (text) => text.replace('c=biws', 'c=eSws') })).toThrow(/channel binding/)
    expect(() => exchange({ onFinal: (text) => text.replace(/p=.*/, 'p=AAAA') })).toThrow(/length/)
    expect(() => exchange({ onFinal: () => 'nonsense' })).toThrow(ScramError)
  })

  it('lets no server in that does not know the password', () => {
    expect(() => exchange({ onServerFinal: () => 'v=AAAA' })).toThrow(/did not prove/)
    expect(() => exchange({ onServerFinal: () => 'e=other-error' })).toThrow(/other-error/)
  })

  it.each([
    '',
    'n,,',
    'n,,n=,r=x',
    'y,,n=u,r=x',
    'p=tls,,n=u,r=x',
    'n,a=other,n=user,r=x',
    'n,,n=u=2,r=x',
    'n,,n=u,r=',
  ])('refuses the first message "%s"', (message) => {
    expect(() => parseClientFirst(message)).toThrow(ScramError)
  })

  it('hands out extensions and accepts the own name as authorization identity', () => {
    const first = parseClientFirst('n,a=user,n=user,r=abc,tokenauth=true')
    expect(first.extensions.get('tokenauth')).toBe('true')
    expect(first.bare).toBe('n=user,r=abc,tokenauth=true')
  })

  it('refuses a server that asks for too few or too many iterations, or changes the nonce', () => {
    expect(() => parseServerFirst('r=abcd,s=AAAA,i=4095', 'abc')).toThrow(/iterations/)
    expect(() => parseServerFirst('r=abcd,s=AAAA,i=99999999', 'abc')).toThrow(/iterations/)
    expect(() => parseServerFirst('r=abc,s=AAAA,i=4096', 'abc')).toThrow(/nonce/)
    expect(() => parseServerFirst('r=xyzd,s=AAAA,i=4096', 'abc')).toThrow(/nonce/)
  })
})

describe('saltedPassword', () => {
  it('depends on password, salt and iterations, however often it was asked for', () => {
    const salt = Buffer.from('0123456789abcdef')
    const first = saltedPassword('secret', salt, 4_096)
    const kept = Buffer.from(first)
    expect(saltedPassword('secret', salt, 4_096)).toEqual(kept)
    first.fill(0)
    expect(saltedPassword('secret', salt, 4_096)).toEqual(kept)
    expect(saltedPassword('Secret', salt, 4_096)).not.toEqual(kept)
    expect(saltedPassword('secret', Buffer.from('0123456789abcdeF'), 4_096)).not.toEqual(kept)
    expect(saltedPassword('secret', salt, 4_097)).not.toEqual(kept)
  })
})
