/**
 * Login of one node at another's internal listener: SaslHandshake v1, then SCRAM-SHA-512 (RFC 5802) in SaslAuthenticate
 * v2. Both sides prove that they know the secret: a peer whose signature is wrong is not talked to.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Host } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import type { KafkaConnection } from './connection.ts'
import { KafkaError } from './kafka-error.ts'

/** User and password of a SCRAM login; on internal listeners user `internal` and the cluster's secret. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

const MECHANISM = 'SCRAM-SHA-512'
const HASH = 'sha512'
const HASH_BYTES = 64
const NONCE_BYTES = 24
/** RFC 7677 and Kafka demand no less; more than the upper bound would stall the loop of a node. */
const ITERATIONS_MIN = 4_096
const ITERATIONS_MAX = 65_536
/** "n,," in base64: no channel binding. */
const NO_CHANNEL_BINDING = 'c=biws'

/** Logs in over `connection`, on which nothing else has been sent. */
export function logIn(
  connection: KafkaConnection,
  host: Host,
  credentials: Credentials,
  callback: (error: KafkaError | null) => void,
): void {
  const nonce = Buffer.from(host.random.bytes(NONCE_BYTES)).toString('base64')
  const user = credentials.user.replaceAll('=', '=3D').replaceAll(',', '=2C')
  const clientFirstBare = `n=${user},r=${nonce}`

  connection.send(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: MECHANISM }, (error, handshake) => {
    if (handshake === null) return callback(error)
    if (handshake.errorCode !== ErrorCode.NONE) {
      const message = `${connection.peer} does not offer ${MECHANISM} but ${handshake.mechanisms.join(', ') || 'nothing'}`
      return callback(new KafkaError(handshake.errorCode, message))
    }
    exchange(connection, `n,,${clientFirstBare}`, callback, (serverFirst) => {
      const final = clientFinal(credentials.password, nonce, clientFirstBare, serverFirst)
      if (final === null) return callback(refused(connection, 'its challenge is malformed'))
      exchange(connection, final.message, callback, (serverFinal) => {
        const proven = /^v=([^,]+)/.exec(serverFinal)?.[1]
        const signature = Buffer.from(proven ?? '', 'base64')
        if (signature.length !== HASH_BYTES || !timingSafeEqual(signature, final.serverSignature)) {
          return callback(refused(connection, 'it does not know the secret'))
        }
        callback(null)
      })
    })
  })
}

/** One message there and one back; `next` gets the server's text. */
function exchange(
  connection: KafkaConnection,
  message: string,
  failed: (error: KafkaError | null) => void,
  next: (serverMessage: string) => void,
): void {
  const body = { authBytes: Buffer.from(message, 'utf8') }
  connection.send(saslAuthenticateRequest, saslAuthenticateResponse, 2, body, (error, response) => {
    if (response === null) return failed(error)
    if (response.errorCode !== ErrorCode.NONE) return failed(new KafkaError(response.errorCode, response.errorMessage))
    next(response.authBytes.toString('utf8'))
  })
}

function clientFinal(
  password: string,
  nonce: string,
  clientFirstBare: string,
  serverFirst: string,
): { readonly message: string; readonly serverSignature: Buffer } | null {
  const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst)
  if (match === null) return null
  const [, wholeNonce = '', salt = '', iterationsText = ''] = match
  const iterations = Number(iterationsText)
  if (!wholeNonce.startsWith(nonce) || wholeNonce.length === nonce.length) return null
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) return null

  const saltedPassword = pbkdf2Sync(password.normalize('NFKC'), Buffer.from(salt, 'base64'), iterations, HASH_BYTES, HASH)
  const clientKey = hmac(saltedPassword, 'Client Key')
  const storedKey = createHash(HASH).update(clientKey).digest()
  const withoutProof = `${NO_CHANNEL_BINDING},r=${wholeNonce}`
  const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`
  const clientSignature = hmac(storedKey, authMessage)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (clientSignature[index] as number)))
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    serverSignature: hmac(hmac(saltedPassword, 'Server Key'), authMessage),
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac(HASH, key).update(text).digest()
}

function refused(connection: KafkaConnection, why: string): KafkaError {
  connection.close()
  return new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, `login at ${connection.peer} failed: ${why}`)
}
