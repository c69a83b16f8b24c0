/**
 * Paths beside the AWS API: health, the console's own calls. Open routes answer anyone; all others want the token of the
 * data directory and no foreign page in front.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface InternalRoute {
  readonly method: string
  /** Exact (`/_millrace/health`), or everything below (`/_millrace/console/*`). */
  readonly path: string
  /** `open`: health and the like, nothing secret and nothing changed. */
  readonly access: 'open' | 'token'
  /** Answers by itself; a rejection becomes 500. `path` is percent-encoded, without the query. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void | Promise<void>
}

/** The route of a request; null: none, the request is for the AWS API. */
export function findInternalRoute(
  routes: readonly InternalRoute[],
  method: string,
  path: string,
): InternalRoute | null {
  const fits = (route: InternalRoute): boolean =>
    route.method === method &&
    (route.path === path || (route.path.endsWith('/*') && path.startsWith(route.path.slice(0, -1))))
  return routes.find(fits) ?? null
}

/** Compares `Authorization: Bearer TOKEN` in constant time. A null token opens nothing. */
export function holdsToken(authorization: string, token: string | null): boolean {
  const given = /^Bearer (.+)$/.exec(authorization)?.[1]
  return given !== undefined && token !== null && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
