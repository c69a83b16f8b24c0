/**
 * The one HTTP server: internal routes first, everything else is an AWS call. Here are the limits of a connection (body
 * size, time, keep-alive), the guard against web pages, and an orderly stop; what a call means is in api.ts.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Api, type ApiOptions } from './api.ts'
import { AwsError } from './errors.ts'
import { HostGuard, hostName } from './host-guard.ts'
import { apiRequest, plainAddress, readBody, splitTarget } from './http-request.ts'
import { answerJson, findInternalRoute, holdsToken, type InternalRoute } from './internal-routes.ts'
import type { ApiAnswer } from './protocols/protocol.ts'
import { guessProtocol, noModel } from './resolve-service.ts'

export interface FrontDoorOptions extends ApiOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly internalRoutes?: readonly InternalRoute[]
  /** Opens the internal routes that want one; null: they stay shut. */
  readonly internalToken?: string | null
  /** Names besides addresses and local names by which the server may be reached. */
  readonly allowedHosts?: readonly string[]
  readonly allowedOrigins?: readonly string[]
  /** False: the AWS API answers by any host name. Only where no well-known credentials are accepted, else a web page could sign. */
  readonly guardApiHosts?: boolean
  readonly limits?: Partial<FrontDoorLimits>
}

export interface FrontDoorLimits {
  /** More than the largest input of the served operations (a configuration of 1 MiB as base64). */
  readonly bodyBytesMax: number
  /** For headers and body to arrive. */
  readonly requestTimeoutMs: number
  /** For the operation to answer; no operation waits for long work. */
  readonly operationTimeoutMs: number
  /** Longer than the 60 s after which common load balancers drop idle connections. */
  readonly keepAliveTimeoutMs: number
  /** On stop, for calls under way. */
  readonly stopTimeoutMs: number
}

const defaultLimits: FrontDoorLimits = {
  bodyBytesMax: 4 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  operationTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  stopTimeoutMs: 5_000,
}

export interface FrontDoor {
  /** Rejects with the system's error (EADDRINUSE …). */
  start(): Promise<{ readonly host: string; readonly port: number }>
  /** Takes no new calls, lets those under way finish within a limit. */
  stop(): Promise<void>
}

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  return new HttpFrontDoor(options)
}

class HttpFrontDoor implements FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #limits: FrontDoorLimits
  readonly #api: Api
  readonly #guard: HostGuard
  readonly #server: Server
  #stopping = false

  constructor(options: FrontDoorOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#api = new Api(options)
    this.#guard = new HostGuard({ hosts: options.allowedHosts ?? [], origins: options.allowedOrigins ?? [] })
    const { requestTimeoutMs, keepAliveTimeoutMs } = this.#limits
    this.#server = createServer(
      { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs },
      (request, response) => void this.#serve(request, response),
    )
    this.#server.on('clientError', (_error, socket) =>
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    )
  }

  start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve({ host, port: (this.#server.address() as AddressInfo).port })
      })
    })
  }

  stop(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve()
    this.#stopping = true
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), this.#limits.stopTimeoutMs)
      this.#server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      this.#server.closeIdleConnections()
    })
  }

  /** Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection whose last call has been answered would stay open, and hold up the stop, until the client hangs up.
    response.once('close', () => {
      if (this.#stopping) this.#server.closeIdleConnections()
    })
    try {
      const { path } = splitTarget(request.url ?? '/')
      const route = findInternalRoute(this.#options.internalRoutes ?? [], request.method ?? 'GET', path)
      if (route === null) await this.#serveApi(request, response)
      else await this.#serveInternal(route, request, response, path)
    } catch (error) {
      this.#options.logger.error('a request could not be answered', { url: request.url, error })
      if (response.headersSent) response.destroy()
      else answerJson(response, 500, { message: 'An internal error has occurred. The log of Millrace has the cause.' })
    }
  }

  async #serveInternal(
    route: InternalRoute,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    if (route.access === 'token') {
      const refusal = this.#refusal(request)
      if (refusal !== null) return answerJson(response, 403, { message: refusal })
      if (!holdsToken(request.headers.authorization ?? '', this.#options.internalToken ?? null)) {
        return answerJson(response, 401, {
          message: 'This path needs the token of the data directory: Authorization: Bearer TOKEN.',
        })
      }
    }
    await route.handle(request, response, path)
  }

  #refusal(request: IncomingMessage): string | null {
    const { host = '', origin = '', 'sec-fetch-site': fetchSite } = request.headers
    return this.#guard.refusal({ host, origin, fetchSite: typeof fetchSite === 'string' ? fetchSite : '' })
  }

  async #serveApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#options.guardApiHosts === false ? null : this.#refusal(request)
    if (refusal !== null) {
      response.setHeader('connection', 'close')
      return this.#refuse(request, response, new AwsError('AccessDeniedException', { message: `Refused: ${refusal}.` }))
    }
    const body = await readBody(request, this.#limits.bodyBytesMax)
    if (body.kind === 'gone') return
    if (body.kind === 'too long') {
      response.setHeader('connection', 'close')
      const message = `The request body is longer than ${this.#limits.bodyBytesMax} bytes.`
      return this.#refuse(request, response, new AwsError('RequestEntityTooLargeException', { message }))
    }
    send(response, await this.#call(request, response, body.bytes))
  }

  /** Runs the call under the time limit. A call whose time is up is told to stop by its signal and answered at once. */
  async #call(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<ApiAnswer> {
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    const called = apiRequest(request, body)
    const connection = {
      apiHost: hostName(request.headers.host ?? '') || plainAddress(request.socket.localAddress),
      sourceIp: plainAddress(request.socket.remoteAddress),
      signal: gone.signal,
    }
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<ApiAnswer>((resolve) => {
      timer = setTimeout(() => {
        gone.abort()
        const message = `The operation did not answer within ${this.#limits.operationTimeoutMs} ms.`
        const error = new AwsError('ServiceUnavailableException', { message })
        resolve(guessProtocol(called).encodeError(noModel, error, randomUUID()))
      }, this.#limits.operationTimeoutMs)
    })
    try {
      return await Promise.race([this.#api.handle(called, connection), timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: AwsError): void {
    send(response, guessProtocol(apiRequest(request, Buffer.alloc(0))).encodeError(noModel, error, randomUUID()))
  }
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) }
  response.writeHead(answer.status, { ...answer.headers, ...length })
  response.end(answer.body)
}
