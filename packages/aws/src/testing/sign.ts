/** Signs requests with the SDK's own signer. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { HttpRequest } from '@smithy/core/transport'
import { SignatureV4 } from '@smithy/signature-v4'
import type { ApiRequest } from '../protocols/protocol.ts'
import { toApiRequest } from './sdk-round-trip.ts'

export interface TestRequest {
  readonly method?: string
  /** Percent-encoded. */
  readonly path?: string
  readonly query?: HttpRequest['query']
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly service?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly secret?: string
  readonly sessionToken?: string
  readonly signedAt?: Date
}

export async function signedRequest(request: TestRequest): Promise<ApiRequest> {
  const signed = await signer(request).sign(httpRequest(request), { signingDate: request.signedAt ?? new Date() })
  return toApiRequest(signed as HttpRequest)
}

export async function presignedRequest(request: TestRequest, expiresIn: number): Promise<ApiRequest> {
  const signed = await signer(request).presign(httpRequest(request), {
    signingDate: request.signedAt ?? new Date(),
    expiresIn,
  })
  return toApiRequest(signed as HttpRequest)
}

function signer(request: TestRequest): SignatureV4 {
  const { accessKeyId = 'test', secret = 'test', sessionToken } = request
  const credentials = { accessKeyId, secretAccessKey: secret, ...(sessionToken === undefined ? {} : { sessionToken }) }
  return new SignatureV4({
    service: request.service ?? 'kafka',
    region: request.region ?? 'us-east-1',
    credentials,
    sha256: NodeSha256,
  })
}

function httpRequest({ method = 'GET', path = '/', query = {}, headers = {}, body }: TestRequest): HttpRequest {
  return new HttpRequest({
    method,
    hostname: '127.0.0.1',
    path,
    query,
    headers: { host: '127.0.0.1:4566', ...headers },
    ...(body === undefined ? {} : { body }),
  })
}

/** What the signer asks for: SHA-256, or HMAC when it is given a secret. */
class NodeSha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer)
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as Buffer)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}
