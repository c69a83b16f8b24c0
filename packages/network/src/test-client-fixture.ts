/** A raw client for this package's tests: writes frames, cuts response frames, and shows when it was disconnected. Tests only. */
import type { Host, Transport } from '@millrace/base/host'
import { decodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { Reader } from '@millrace/protocol/primitives/reader'

export class TestClient {
  transport: Transport | null = null
  closed = false
  /** Bytes received and not yet cut into frames. */
  #received: Buffer = Buffer.alloc(0)
  /** Response frames without their size, in order of arrival. */
  readonly responses: Buffer[] = []
  #correlationId = 0

  constructor(host: Host, address: string, port: number) {
    host.network.connect({ host: address, port, connectTimeoutMs: 1_000 }, (error, transport) => {
      if (transport === null) throw error ?? new Error('not connected')
      this.transport = transport
      transport.attach({
        onBytes: (bytes, start, end) => this.#onBytes(Buffer.from(bytes.subarray(start, end))),
        onClose: () => {
          this.closed = true
        },
      })
    })
  }

  get connected(): boolean {
    return this.transport !== null
  }

  write(...buffers: readonly Buffer[]): void {
    this.transport?.writev(buffers, null)
  }

  /** Sends a request and returns its correlation id. */
  send<Q extends RequestDefinition>(request: Q, version: number, body: Encodable<Q>): number {
    this.write(...this.frame(request, version, body))
    return this.#correlationId
  }

  frame<Q extends RequestDefinition>(request: Q, version: number, body: Encodable<Q>): Buffer[] {
    return encodeRequestFrame(request, version, { correlationId: ++this.#correlationId, clientId: 'test' }, body)
  }

  correlationIds(): number[] {
    return this.responses.map((frame) => frame.readInt32BE(0))
  }

  decode<R extends ResponseDefinition>(index: number, response: R, version: number): Decoded<R> {
    const frame = this.responses[index]
    if (frame === undefined) throw new Error(`there are ${this.responses.length} responses`)
    const reader = new Reader(frame)
    decodeResponseHeader(response, version, reader)
    const body = decodeMessage(response, version, reader)
    reader.expectEnd()
    return body
  }

  #onBytes(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      this.responses.push(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
    }
  }
}
