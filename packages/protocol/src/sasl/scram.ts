/**
 * SCRAM-SHA-512 (RFC 5802, with SHA-512 as RFC 7677 does for SHA-256; KIP-84): building and checking messages, for both
 * sides. Nothing here talks, waits or draws randomness: nonces come from the caller. The one slow step,
 * saltedPassword, remembers its last results. Verifiers compare in constant time.
 *
 *   client-first  n,,n=<user>,r=<nonce>
 *   server-first  r=<nonce><server nonce>,s=<salt>,i=<iterations>
 *   client-final  c=biws,r=<whole nonce>,p=<proof>
 *   server-final  v=<server signature>        or e=<error>
 *
 * Channel binding is not offered. An authorization identity, if sent, must be the user itself; Kafka's extensions
 * (tokenauth=true) are handed out as read.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

export const SCRAM_SHA_512 = 'SCRAM-SHA-512'
/** Fewest iterations that either side accepts. */
export const SCRAM_ITERATIONS_MIN = 4_096
/** Most iterations that a client works for a server it does not know yet. */
export const SCRAM_ITERATIONS_MAX = 1_000_000

const DIGEST = 'sha512'
const KEY_BYTES = 64
/** base64 of the header "n,,": no channel binding. */
const NO_CHANNEL_BINDING = 'biws'

/** Broken or unproven SCRAM: tell the client no more than SASL_AUTHENTICATION_FAILED. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
  /** The message is as it should be, but its sender does not know the password. */
  readonly wrongProof: boolean

  constructor(message: string, { wrongProof = false }: { readonly wrongProof?: boolean } = {}) {
    super(message)
    this.wrongProof = wrongProof
  }
}

/** What a server keeps of a password: enough to check it, not enough to be it (RFC 5802, 3). */
export interface ScramCredential {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export interface ClientFirst {
  readonly username: string
  readonly nonce: string
  readonly extensions: ReadonlyMap<string, string>
  /** The message without its header "n,,": part of what is signed. */
  readonly bare: string
}

export interface ServerFirst {
  readonly nonce: string
  readonly salt: Buffer
  readonly iterations: number
  readonly text: string
}

/**
 * Hi(password, salt, iterations): milliseconds of work, done once for the peers that a process logs in at again and
 * again. The password's UTF-8 is taken as it is, without SASLprep, as Kafka does.
 */
export function saltedPassword(password: string, salt: Uint8Array, iterations: number): Buffer {
  const key = createHash(DIGEST).update(`${iterations}/${salt.length}/`).update(salt).update(password).digest('base64')
  let salted = rememberedPasswords.get(key)
  if (salted === undefined) {
    salted = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, KEY_BYTES, DIGEST)
    const [oldest] = rememberedPasswords.keys()
    if (rememberedPasswords.size >= REMEMBERED_MAX && oldest !== undefined) rememberedPasswords.delete(oldest)
    rememberedPasswords.set(key, salted)
  }
  return Buffer.from(salted)
}

/** Results of a pure function: nobody can tell whether they were remembered, except by the clock. */
const REMEMBERED_MAX = 32
const rememberedPasswords = new Map<string, Buffer>()

export type ScramDigest = 'sha256' | 'sha512'

/** The digest of a mechanism as Kafka numbers them (1 SCRAM-SHA-256, 2 SCRAM-SHA-512); null for others. */
export function scramDigest(mechanism: number): ScramDigest | null {
  if (mechanism === 1) return 'sha256'
  return mechanism === 2 ? DIGEST : null
}

/** The credential that a salted password gives, as a server stores it. */
export function scramCredential(
  salted: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  digest: ScramDigest = DIGEST,
): ScramCredential {
  const keyed = (text: string): Buffer => createHmac(digest, salted).update(text, 'utf8').digest()
  return {
    salt: Buffer.from(salt),
    iterations,
    storedKey: createHash(digest).update(keyed('Client Key')).digest(),
    serverKey: keyed('Server Key'),
  }
}

/** The client's first message. `nonce`: printable ASCII without a comma, fresh for every attempt. */
export function clientFirstMessage(username: string, nonce: string): string {
  return `n,,${clientFirstBare(username, nonce)}`
}

function clientFirstBare(username: string, nonce: string): string {
  return `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
}

/** Reads a client's first message. Throws ScramError. */
export function parseClientFirst(message: string): ClientFirst {
  const match = /^n,(?:a=([^,]*))?,(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]+=[^,]*)*))$/.exec(message)
  if (match === null) throw new ScramError('malformed client-first message')
  const username = unescapeName(match[3] as string)
  const authorizationId = match[1]
  if (username === '') throw new ScramError('empty user name')
  if (authorizationId !== undefined && authorizationId !== '' && unescapeName(authorizationId) !== username) {
    throw new ScramError('the authorization identity is not the user')
  }
  const extensions = new Map<string, string>()
  for (const attribute of (match[5] as string).split(',').slice(1)) {
    const at = attribute.indexOf('=')
    extensions.set(attribute.slice(0, at), attribute.slice(at + 1))
  }
  return { username, nonce: match[4] as string, extensions, bare: match[2] as string }
}

function unescapeName(text: string): string {
  return text.replaceAll(/=(..)?/g, (escape) => {
    if (escape === '=2C') return ','
    if (escape === '=3D') return '='
    throw new ScramError('malformed user name')
  })
}

/** The server's first message: the client's nonce with `serverNonce` behind it, and how the password is salted. */
export function serverFirstMessage(
  first: ClientFirst,
  serverNonce: string,
  credential: Pick<ScramCredential, 'salt' | 'iterations'>,
): string {
  return `r=${first.nonce}${serverNonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`
}

/** Reads a server's first message, which must continue `clientNonce`. Throws ScramError. */
export function parseServerFirst(message: string, clientNonce: string): ServerFirst {
  const match = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d{0,8})$/.exec(message)
  if (match === null) throw new ScramError('malformed server-first message')
  const nonce = match[1] as string
  const iterations = Number(match[3])
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw new ScramError("the server's nonce does not continue the client's")
  }
  if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX) {
    throw new ScramError(`${iterations} iterations`)
  }
  return { nonce, salt: Buffer.from(match[2] as string, 'base64'), iterations, text: message }
}

/**
 * The client's final message with its proof, and the signature that the server's final message must then carry
 * (checkServerFinal). `salted` is saltedPassword(password, server.salt, server.iterations).
 */
export function clientFinalMessage(
  username: string,
  clientNonce: string,
  server: ServerFirst,
  salted: Uint8Array,
): { readonly message: string; readonly serverSignature: Buffer } {
  const withoutProof = `c=${NO_CHANNEL_BINDING},r=${server.nonce}`
  const authMessage = `${clientFirstBare(username, clientNonce)},${server.text},${withoutProof}`
  const clientKey = hmac(salted, 'Client Key')
  const proof = xor(clientKey, hmac(hash(clientKey), authMessage))
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    serverSignature: hmac(hmac(salted, 'Server Key'), authMessage),
  }
}

/**
 * Checks a client's final message against the two before it and the stored credential; returns the server's final
 * message. Throws ScramError for a wrong proof.
 */
export function serverFinalMessage(
  first: ClientFirst,
  serverFirst: string,
  clientFinal: string,
  credential: ScramCredential,
): string {
  const match = /^(c=([A-Za-z0-9+/=]*),r=([^,]+)(?:,[A-Za-z]+=[^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal)
  if (match === null) throw new ScramError('malformed client-final message')
  const nonce = serverFirst.slice(2, serverFirst.indexOf(','))
  const binding = Buffer.from(match[2] as string, 'base64').toString('latin1')
  if (!/^n,(?:a=[^,]*)?,$/.test(binding)) throw new ScramError('channel binding is not supported')
  // librdkafka before 2.6.1 puts its own nonce in front of the agreed one once more; Kafka lets that pass.
  if (match[3]?.endsWith(nonce) !== true) throw new ScramError('another nonce than the one agreed')
  const authMessage = `${first.bare},${serverFirst},${match[1] as string}`
  const proof = Buffer.from(match[4] as string, 'base64')
  if (proof.length !== KEY_BYTES) throw new ScramError('a proof of the wrong length')
  const clientKey = xor(proof, hmac(credential.storedKey, authMessage))
  if (!timingSafeEqual(hash(clientKey), credential.storedKey)) throw new ScramError('wrong proof', { wrongProof: true })
  return `v=${hmac(credential.serverKey, authMessage).toString('base64')}`
}

/** Checks the server's final message: it must know the password as well. Throws ScramError. */
export function checkServerFinal(message: string, serverSignature: Buffer): void {
  if (message.startsWith('e=')) throw new ScramError(`the server says: ${message.slice(2)}`)
  const match = /^v=([A-Za-z0-9+/=]+)(?:,.*)?$/.exec(message)
  const signature = Buffer.from(match?.[1] ?? '', 'base64')
  if (signature.length !== serverSignature.length || !timingSafeEqual(signature, serverSignature)) {
    throw new ScramError('the server did not prove that it knows the password')
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac(DIGEST, key).update(text, 'utf8').digest()
}

function hash(bytes: Uint8Array): Buffer {
  return createHash(DIGEST).update(bytes).digest()
}

function xor(left: Buffer, right: Buffer): Buffer {
  const result = Buffer.allocUnsafe(left.length)
  for (let index = 0; index < left.length; index++) result[index] = (left[index] as number) ^ (right[index] as number)
  return result
}
