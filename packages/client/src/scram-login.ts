/**
 * Login of one node at another's internal listener: SaslHandshake v1, then SCRAM-SHA-512 (RFC 5802) in SaslAuthenticate
 * v2. Both sides prove that they know the secret: a peer whose signature is wrong is not talked to.
 */
import type { Host } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import {
  SCRAM_SHA_512,
  ScramError,
  checkServerFinal,
  clientFinalMessage,
  clientFirstMessage,
  parseServerFirst,
  saltedPassword,
} from '@millrace/protocol/sasl/scram'
import type { KafkaConnection } from './connection.ts'
import { KafkaError } from './kafka-error.ts'

/** User and password of a SCRAM login; on internal listeners user `internal` and the cluster's secret. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

const NONCE_BYTES = 24

/** Logs in over `connection`, on which nothing else has been sent. A peer that fails its proof is dropped. */
export function logIn(
  connection: KafkaConnection,
  host: Host,
  credentials: Credentials,
  callback: (error: KafkaError | null) => void,
): void {
  const { user, password } = credentials
  const nonce = Buffer.from(host.random.bytes(NONCE_BYTES)).toString('base64url')

  const refused = (cause: unknown): void => {
    if (!(cause instanceof ScramError)) throw cause
    const message = `login at ${connection.peer} failed: ${cause.message}`
    callback(new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, message, { cause }))
    connection.close()
  }

  connection.send(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: SCRAM_SHA_512 }, (error, handshake) => {
    if (handshake === null) return callback(error)
    if (handshake.errorCode !== ErrorCode.NONE) {
      const offered = handshake.mechanisms.join(', ') || 'nothing'
      return callback(new KafkaError(handshake.errorCode, `${connection.peer} offers ${offered}, not ${SCRAM_SHA_512}`))
    }
    exchange(connection, clientFirstMessage(user, nonce), callback, (serverFirst) => {
      try {
        const server = parseServerFirst(serverFirst, nonce)
        const final = clientFinalMessage(user, nonce, server, saltedPassword(password, server.salt, server.iterations))
        exchange(connection, final.message, callback, (serverFinal) => {
          try {
            checkServerFinal(serverFinal, final.serverSignature)
          } catch (cause) {
            return refused(cause)
          }
          callback(null)
        })
      } catch (cause) {
        refused(cause)
      }
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
