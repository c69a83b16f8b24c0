/**
 * One TLS connection that logs in by OAUTHBEARER and stays: written against the wire by hand, so that it can log in again on
 * the same connection (KIP-368) at any moment, and sees when the broker closes it.
 */
import { connect, type TLSSocket } from 'node:tls'

const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36

export class SteadyIamClient {
  closed = false
  readonly #broker: string
  readonly #caPem: string
  readonly #token: () => Promise<string>
  #socket: TLSSocket | null = null
  #correlationId = 0
  #answered: ((frame: Buffer | null) => void) | null = null
  #received: Buffer = Buffer.alloc(0)

  constructor(bootstrap: string, caPem: string, token: () => Promise<string>) {
    this.#broker = bootstrap.split(',')[0] ?? ''
    this.#caPem = caPem
    this.#token = token
  }

  /** Connects and logs in; gives the session's lifetime in ms. */
  async connect(): Promise<number> {
    const [host = '', port = ''] = this.#broker.split(':')
    const socket = connect({ host, port: Number(port), ca: this.#caPem, servername: 'localhost' })
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes))
    socket.on('close', () => {
      this.closed = true
      this.#answered?.(null)
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('close', () => reject(new Error('closed before TLS was up')))
    })
    return this.authenticate()
  }

  /** Logs in, for the first time or again. @throws with the broker's words */
  async authenticate(): Promise<number> {
    const handshake = await this.#ask(SASL_HANDSHAKE, 1, text('OAUTHBEARER'))
    if (handshake.readInt16BE(4) !== 0) throw new Error(`SaslHandshake: error ${handshake.readInt16BE(4)}`)
    const message = Buffer.from(`n,,\u0001auth=Bearer ${await this.#token()}\u0001\u0001`)
    const size = Buffer.alloc(4)
    size.writeInt32BE(message.length)
    const answer = await this.#ask(SASL_AUTHENTICATE, 1, Buffer.concat([size, message]))
    const errorCode = answer.readInt16BE(4)
    const words = answer.readInt16BE(6)
    if (errorCode !== 0) throw new Error(`error ${errorCode}: ${answer.toString('utf8', 8, 8 + Math.max(0, words))}`)
    const authBytesAt = 8 + Math.max(0, words)
    return Number(answer.readBigInt64BE(authBytesAt + 4 + Math.max(0, answer.readInt32BE(authBytesAt))))
  }

  close(): void {
    this.#socket?.destroy()
  }

  /** The response behind its size: correlation id first. */
  async #ask(apiKey: number, apiVersion: number, body: Buffer): Promise<Buffer> {
    const header = Buffer.alloc(12)
    header.writeInt16BE(apiKey, 4)
    header.writeInt16BE(apiVersion, 6)
    header.writeInt32BE(++this.#correlationId, 8)
    const request = Buffer.concat([header, text('steady'), body])
    request.writeInt32BE(request.length - 4, 0)
    const frame = await new Promise<Buffer | null>((resolve) => {
      this.#answered = resolve
      if (this.closed) resolve(null)
      else this.#socket?.write(request)
    })
    this.#answered = null
    if (frame === null) throw new Error('the broker closed the connection')
    return frame
  }

  #onBytes(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    if (this.#received.length < 4 || this.#received.length < 4 + this.#received.readInt32BE(0)) return
    const end = 4 + this.#received.readInt32BE(0)
    const frame = this.#received.subarray(4, end)
    this.#received = this.#received.subarray(end)
    this.#answered?.(frame)
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const size = Buffer.alloc(2)
  size.writeInt16BE(bytes.length)
  return Buffer.concat([size, bytes])
}
