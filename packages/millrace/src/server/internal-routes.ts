/** What Millrace answers beside the AWS API: health for anyone, status and stop for who holds the token. */
import type { IncomingMessage } from 'node:http'
import { answerJson, type InternalRoute } from '@millrace/aws/internal-routes'
import type { ClusterOverview } from '@millrace/msk/msk-service'
import { VERSION } from '../version.ts'

export interface InternalRouteOptions {
  readonly overview: () => readonly ClusterOverview[] | Promise<readonly ClusterOverview[]>
  readonly services: readonly string[]
  /** More of them. */
  readonly routes: readonly InternalRoute[]
  /** Begins the stop; the answer is sent before. */
  readonly stop: (options: { readonly keepBrokers: boolean }) => void
}

export function internalRoutes(options: InternalRouteOptions): InternalRoute[] {
  const health: InternalRoute['handle'] = async (_request, response) => {
    const clusters: Record<string, number> = {}
    for (const { state } of await options.overview()) clusters[state] = (clusters[state] ?? 0) + 1
    answerJson(response, 200, { status: 'ok', clusters, version: VERSION })
  }
  // Tools made for LocalStack look here to learn that an AWS endpoint is up.
  const localStackHealth: InternalRoute['handle'] = (_request, response) => {
    const services = Object.fromEntries(options.services.map((name) => [name, 'running']))
    answerJson(response, 200, { services, edition: 'millrace', version: VERSION })
  }
  const localStackInit: InternalRoute['handle'] = (_request, response) => {
    answerJson(response, 200, { completed: { BOOT: true, START: true, READY: true, SHUTDOWN: false }, scripts: [] })
  }
  return [
    { method: 'GET', path: '/_millrace/health', access: 'open', handle: health },
    { method: 'GET', path: '/_localstack/health', access: 'open', handle: localStackHealth },
    {
      method: 'GET',
      path: '/_localstack/info',
      access: 'open',
      handle: (_request, response) => answerJson(response, 200, { version: VERSION, edition: 'millrace' }),
    },
    { method: 'GET', path: '/_localstack/init', access: 'open', handle: localStackInit },
    {
      method: 'GET',
      path: '/_millrace/status',
      access: 'token',
      handle: async (_request, response) =>
        answerJson(response, 200, { version: VERSION, clusters: await options.overview() }),
    },
    {
      method: 'POST',
      path: '/_millrace/stop',
      access: 'token',
      handle: async (request, response) => {
        const keepBrokers = new URLSearchParams(await bodyOf(request)).get('keepBrokers') === 'true'
        answerJson(response, 202, { stopping: true })
        options.stop({ keepBrokers })
      },
    },
    ...options.routes,
  ]
}

/** Reads a small form; what is longer is cut off. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > 1_024) break
  }
  return text
}
