/**
 * A Kafka server whose answers the test writes: for tests of clients. It frames, decodes and encodes; ApiVersions it
 * answers itself from what has been scripted. It keeps no logs and no groups: what a request does is the test's affair.
 */
import type { Acceptor, Host, Transport } from '@millrace/base/host'
import { decodeMessage } from '@millrace/protocol/codec'
import {
  versionsOf,
  type Decoded,
  type Encodable,
  type RequestDefinition,
  type ResponseDefinition,
  type VersionRange,
} from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { decodeRequestHeader, encodeResponseFrame, type RequestHeader } from '@millrace/protocol/headers'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { Reader } from '@millrace/protocol/primitives/reader'

export interface ReceivedRequest extends RequestHeader {
  readonly body: unknown
}

export interface ScriptedBrokerOptions {
  readonly host: Host
  /** What to listen on; the name of a FakeHost. */
  readonly name: string
  readonly port: number
  /** Highest ApiVersions version that is understood; 4 by default. */
  readonly apiVersionsMax?: number
}

interface Script {
  readonly request: RequestDefinition
  readonly response: ResponseDefinition
  readonly versions: VersionRange
  readonly handle: (body: unknown, reply: (response: unknown) => void, header: RequestHeader) => void
}

export class ScriptedBroker {
  /** All requests in order of arrival, ApiVersions included. */
  readonly received: ReceivedRequest[] = []
  readonly #options: ScriptedBrokerOptions
  readonly #scripts: Map<number, Script> = new Map()
  readonly #transports: Set<Transport> = new Set()
  #acceptor: Acceptor | null = null

  /** Listens from the next turn on. */
  constructor(options: ScriptedBrokerOptions) {
    this.#options = options
    options.host.network.listen(
      { host: options.name, port: options.port, onConnection: (transport) => this.#accept(transport) },
      (error, acceptor) => {
        if (error !== null) throw error
        this.#acceptor = acceptor
      },
    )
  }

  get connections(): number {
    return this.#transports.size
  }

  /** Requests of one API, oldest first. */
  requestsOf<const Q extends RequestDefinition>(request: Q): Decoded<Q>[] {
    return this.received.filter(({ apiKey }) => apiKey === request.apiKey).map(({ body }) => body as Decoded<Q>)
  }

  /** Answers every such request with what `answer` returns; null: not at all. `versions` narrows what is offered. */
  answer<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    answer: (body: Decoded<Q>, header: RequestHeader) => Encodable<R> | null,
    versions: VersionRange = versionsOf(request),
  ): void {
    this.handle(request, response, (body, reply, header) => reply(answer(body, header)), versions)
  }

  /** As answer(), for answers that come later: `reply` may be called at any time, once. */
  handle<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    handle: (body: Decoded<Q>, reply: (response: Encodable<R> | null) => void, header: RequestHeader) => void,
    versions: VersionRange = versionsOf(request),
  ): void {
    this.#scripts.set(request.apiKey, {
      request,
      response,
      versions,
      handle: (body, reply, header) => handle(body as Decoded<Q>, reply, header),
    })
  }

  /** Drops every connection, as a broker that restarts does. */
  dropConnections(): void {
    for (const transport of this.#transports) transport.destroy()
  }

  close(): void {
    this.#acceptor?.close()
    this.dropConnections()
  }

  #accept(transport: Transport): void {
    this.#transports.add(transport)
    let held = Buffer.alloc(0)
    transport.attach({
      onBytes: (bytes, start, end) => {
        held = Buffer.concat([held, bytes.subarray(start, end)])
        while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
          const frameEnd = 4 + held.readInt32BE(0)
          const frame = held.subarray(4, frameEnd)
          held = held.subarray(frameEnd)
          this.#serve(transport, frame)
        }
      },
      onClose: () => this.#transports.delete(transport),
    })
  }

  #serve(transport: Transport, frame: Buffer): void {
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader)
    const { apiKey, apiVersion, correlationId } = header
    if (apiKey === apiVersionsRequest.apiKey) {
      this.received.push({ ...header, body: null })
      this.#answerApiVersions(transport, header)
      return
    }
    const script = this.#scripts.get(apiKey)
    if (script === undefined || apiVersion < script.versions.min || apiVersion > script.versions.max) {
      throw new Error(`request with API key ${apiKey}, version ${apiVersion} is not in the script`)
    }
    const body = decodeMessage(script.request, apiVersion, reader)
    reader.expectEnd()
    this.received.push({ ...header, body })
    script.handle(
      body,
      (response) => {
        if (response === null) return
        transport.writev(
          encodeResponseFrame(script.response, apiVersion, correlationId, response as Encodable<ResponseDefinition>),
          null,
        )
      },
      header,
    )
  }

  #answerApiVersions(transport: Transport, { apiVersion, correlationId }: RequestHeader): void {
    const { apiVersionsMax = 4 } = this.#options
    const own = { apiKey: apiVersionsRequest.apiKey, minVersion: 0, maxVersion: apiVersionsMax }
    const refused = apiVersion > apiVersionsMax
    const scripted = [...this.#scripts.values()].map(({ request, versions }) => ({
      apiKey: request.apiKey,
      minVersion: versions.min,
      maxVersion: versions.max,
    }))
    const body = {
      errorCode: refused ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE,
      apiKeys: refused ? [own] : [own, ...scripted],
    }
    transport.writev(encodeResponseFrame(apiVersionsResponse, refused ? 0 : apiVersion, correlationId, body), null)
  }
}
