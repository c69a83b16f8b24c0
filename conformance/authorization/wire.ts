/** One connection to a broker that sends single requests: SASL by SCRAM-SHA-512 or a token, TLS or not. */
import { connect as connectPlain, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { connect as connectTls } from 'node:tls'
import { apiByKey } from '@millrace/protocol/apis'
import { decodeMessage } from '@millrace/protocol/codec'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { Reader } from '@millrace/protocol/primitives/reader'
import { SCRAM_SHA_512, clientFinalMessage, clientFirstMessage, parseServerFirst } from '@millrace/protocol/sasl/scram'

export interface Address {
  readonly host: string
  readonly port: number
  /** PEM of the CA; null: no TLS. */
  readonly ca: string | null
}

export interface Answered {
  readonly [field: string]: unknown
}

const ANSWER_MS = 60_000
const CORRELATION = 7

export class ClosedError extends Error {}

export class LoginRefusedError extends Error {
  readonly errorCode: number

  constructor(principal: string, errorCode: number) {
    super(`${principal} cannot log in: ${errorCode}`)
    this.errorCode = errorCode
  }
}

export class Wire {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #closed = false
  #wake: (() => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    const ended = (): void => {
      this.#closed = true
      this.#wake?.()
    }
    socket.on('error', ended)
    socket.on('close', ended)
    socket.on('end', ended)
  }

  static async open({ host, port, ca }: Address): Promise<Wire> {
    const socket = ca === null ? connectPlain({ host, port }) : connectTls({ host, port, ca, servername: 'localhost' })
    await new Promise<void>((resolve, reject) => {
      socket.once(ca === null ? 'connect' : 'secureConnect', resolve)
      socket.once('error', reject)
    })
    return new Wire(socket)
  }

  /** ClosedError when the connection ends without an answer. */
  async ask(apiKey: number, version: number, body: object): Promise<Answered> {
    this.send(apiKey, version, body)
    return this.answer(apiKey, version)
  }

  send(apiKey: number, version: number, body: object): void {
    const definition = apiByKey(apiKey)?.request
    const header = { correlationId: CORRELATION, clientId: 'table' }
    const chunks =
      definition === undefined || Object.keys(body).length === 0
        ? [bareFrame(apiKey, version)]
        : encodeRequestFrame(definition, version, header, body as never)
    this.#socket.write(Buffer.concat(chunks))
  }

  async answer(apiKey: number, version: number): Promise<Answered> {
    const definition = apiByKey(apiKey)?.response
    const frame = await this.#frame()
    if (definition === undefined) throw new Error(`an answer to API ${apiKey}, which is not known`)
    const reader = new Reader(frame)
    decodeResponseHeader(definition, version, reader)
    return decodeMessage(definition, version, reader) as Answered
  }

  /** @returns the error code of the login, 0 when it succeeded */
  async scram(user: string, saltedPassword: Buffer): Promise<number> {
    const handshake = await this.ask(17, 1, { mechanism: SCRAM_SHA_512 })
    if (handshake['errorCode'] !== 0) return Number(handshake['errorCode'])
    const nonce = randomBytes(18).toString('base64')
    const first = clientFirstMessage(user, nonce)
    const challenge = await this.ask(36, 2, { authBytes: Buffer.from(first) })
    if (challenge['errorCode'] !== 0) return Number(challenge['errorCode'])
    const serverFirst = parseServerFirst((challenge['authBytes'] as Buffer).toString(), nonce)
    const { message } = clientFinalMessage(user, nonce, serverFirst, saltedPassword)
    const last = await this.ask(36, 2, { authBytes: Buffer.from(message) })
    return Number(last['errorCode'])
  }

  /** Logs in with one message. @returns the error code */
  async token(mechanism: string, authBytes: Buffer): Promise<number> {
    const handshake = await this.ask(17, 1, { mechanism })
    if (handshake['errorCode'] !== 0) return Number(handshake['errorCode'])
    return Number((await this.ask(36, 2, { authBytes }))['errorCode'])
  }

  close(): void {
    this.#socket.destroy()
  }

  async #frame(): Promise<Buffer> {
    for (;;) {
      const size = this.#received.length < 4 ? Infinity : 4 + this.#received.readInt32BE(0)
      if (this.#received.length >= size) {
        const frame = this.#received.subarray(4, size)
        this.#received = this.#received.subarray(size)
        return frame
      }
      if (this.#closed) throw new ClosedError('the connection was closed')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** A request of which nothing but the header is known. */
function bareFrame(apiKey: number, version: number): Buffer {
  const client = Buffer.from('table')
  const frame = Buffer.alloc(4 + 10 + client.length)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt32BE(CORRELATION, 8)
  frame.writeInt16BE(client.length, 12)
  client.copy(frame, 14)
  return frame
}
