/** What a listener demands, and a login by SCRAM, PLAIN or a signed request. */
import { randomBytes } from 'node:crypto'
import { ErrorCode } from '@millrace/protocol/errors'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import {
  SCRAM_SHA_512,
  checkServerFinal,
  clientFinalMessage,
  clientFirstMessage,
  parseServerFirst,
  saltedPassword,
} from '@millrace/protocol/sasl/scram'
import type { IamSigner, Login } from './finding.ts'
import type { KafkaExchange } from './kafka-exchange.ts'
import { loginToken, type IamMechanism } from './signed-connect.ts'

/** The mechanisms of a listener; empty: it wants no login. Asks by the one that is most likely to be there. */
export async function offeredMechanisms(exchange: KafkaExchange): Promise<readonly string[]> {
  const { errorCode, mechanisms } = await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, {
    mechanism: SCRAM_SHA_512,
  })
  return errorCode === ErrorCode.ILLEGAL_SASL_STATE ? [] : mechanisms
}

/** Logs in on a connection that has only asked for versions. @throws with the server's words */
export async function logIn(exchange: KafkaExchange, mechanism: string, { user, password }: Login): Promise<void> {
  const handshake = await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism })
  if (handshake.errorCode !== ErrorCode.NONE)
    throw new Error(`${mechanism} is not offered here, but ${handshake.mechanisms.join(', ')}`)
  const say = async (token: string): Promise<string> => {
    const authBytes = Buffer.from(token)
    const answer = await exchange.ask(saslAuthenticateRequest, saslAuthenticateResponse, 1, { authBytes })
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(answer.errorMessage ?? `error ${answer.errorCode}`)
    return answer.authBytes.toString()
  }
  if (mechanism === 'PLAIN') return void (await say(`\0${user}\0${password}`))
  const nonce = randomBytes(24).toString('base64url')
  const server = parseServerFirst(await say(clientFirstMessage(user, nonce)), nonce)
  const salted = saltedPassword(password, server.salt, server.iterations)
  const final = clientFinalMessage(user, nonce, server, salted)
  checkServerFinal(await say(final.message), final.serverSignature)
}

/** As `logIn`, by a signed request (IAM access control). @throws with the server's words */
export async function logInByIam(
  exchange: KafkaExchange,
  mechanism: IamMechanism,
  signer: IamSigner,
  host: string,
): Promise<void> {
  const handshake = await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism })
  if (handshake.errorCode !== ErrorCode.NONE)
    throw new Error(`${mechanism} is not offered here, but ${handshake.mechanisms.join(', ')}`)
  const authBytes = Buffer.from(loginToken(mechanism, signer, host, Date.now()))
  const answer = await exchange.ask(saslAuthenticateRequest, saslAuthenticateResponse, 1, { authBytes })
  if (answer.errorCode !== ErrorCode.NONE) throw new Error(answer.errorMessage ?? `error ${answer.errorCode}`)
  // RFC 7628 §3.2.2: a challenge after the token says what is wrong with it.
  if (mechanism === 'OAUTHBEARER' && answer.authBytes.length > 0) throw new Error(answer.authBytes.toString())
}

/** By which of the offered ones this can log in; null: by none of them. */
export function knownMechanism(offered: readonly string[]): string | null {
  return [SCRAM_SHA_512, 'PLAIN'].find((each) => offered.includes(each)) ?? null
}
