/** A few Kafka requests over a socket that is open already, one after the other: what a doctor needs of a client. */
import type { Socket } from 'node:net'
import { decodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { Reader } from '@millrace/protocol/primitives/reader'

/** What came instead of an answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly how: 'closed' | 'timeout' | 'foreign'
  /** The first bytes that came, if any did. */
  readonly bytes: Buffer

  constructor(how: NoAnswer['how'], message: string, bytes: Buffer = Buffer.alloc(0)) {
    super(message)
    this.how = how
    this.bytes = bytes
  }
}

const RESPONSE_BYTES_MAX = 16 * 1024 * 1024

export class KafkaExchange {
  readonly #socket: Socket
  readonly #timeoutMs: number
  #correlationId = 0

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    // Told to whoever waits for an answer; between the answers nobody does.
    socket.on('error', () => {})
  }

  /** @throws NoAnswer */
  ask<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<R>> {
    const socket = this.#socket
    const correlationId = ++this.#correlationId
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0)
      const end = (): void => {
        clearTimeout(timer)
        socket.off('data', onData)
        socket.off('close', onClose)
        socket.off('error', onError)
      }
      const fail = (error: Error): void => {
        end()
        reject(error)
      }
      const onClose = (): void => fail(new NoAnswer('closed', 'the server closed the connection', received))
      const onError = (error: Error): void => fail(new NoAnswer('closed', error.message, received))
      const onData = (bytes: Buffer): void => {
        received = Buffer.concat([received, bytes])
        if (received.length < 8) return
        const length = received.readInt32BE(0)
        if (length < 4 || length > RESPONSE_BYTES_MAX || received.readInt32BE(4) !== correlationId)
          return fail(new NoAnswer('foreign', 'the server does not speak Kafka', received))
        if (received.length < 4 + length) return
        end()
        try {
          const reader = new Reader(received.subarray(4, 4 + length))
          decodeResponseHeader(response, version, reader)
          resolve(decodeMessage(response, version, reader))
        } catch (error) {
          reject(new NoAnswer('foreign', (error as Error).message, received))
        }
      }
      const timer = setTimeout(
        () => fail(new NoAnswer('timeout', `no answer within ${this.#timeoutMs / 1000} s`, received)),
        this.#timeoutMs,
      )
      socket.on('data', onData)
      socket.on('close', onClose)
      socket.on('error', onError)
      if (socket.destroyed) return onClose()
      for (const chunk of encodeRequestFrame(request, version, { correlationId, clientId: 'millrace-doctor' }, body))
        socket.write(chunk)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
