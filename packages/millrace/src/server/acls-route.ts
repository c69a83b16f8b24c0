/** `POST /_millrace/acls`: what `millrace acls` asks of a cluster of this Millrace. */
import type { IncomingMessage } from 'node:http'
import { answerJson, type InternalRoute } from '@millrace/aws/internal-routes'
import type { AdminClient } from '@millrace/client/admin'
import { KafkaError } from '@millrace/client/kafka-error'
import type { ClusterOverview } from '@millrace/msk/msk-service'
import { workOnAcls, type AclRequest } from '../acls/acl-work.ts'
import type { Asker } from '../acls/dry-run.ts'

export interface AclsRouteOptions {
  readonly overview: () => Promise<readonly ClusterOverview[]>
  readonly withAdmin: <T>(clusterId: string, use: (admin: AdminClient) => Promise<T>) => Promise<T>
  /** Who came in lately. */
  readonly seen: (clusterId: string) => Promise<readonly Asker[]>
}

const BODY_LENGTH_MAX = 1_000_000

export function aclsRoute({ overview, withAdmin, seen }: AclsRouteOptions): InternalRoute {
  return {
    method: 'POST',
    path: '/_millrace/acls',
    access: 'token',
    handle: async (httpRequest, response) => {
      const asked = await bodyOf(httpRequest)
      if (asked === null) return answerJson(response, 400, { message: 'The body is not what `millrace acls` sends.' })
      const clusters = await overview()
      const named = clusters.filter(({ name }) => asked.cluster === null || name === asked.cluster)
      const [cluster] = named
      if (cluster === undefined || named.length > 1) {
        const names = clusters.map(({ name }) => name).join(', ')
        const message =
          cluster === undefined
            ? `There is no such cluster; there is: ${names}.`
            : `Which cluster? Name one with --cluster: ${names}.`
        return answerJson(response, 404, { message })
      }
      const clusterId = cluster.arn.split('/').at(-1) ?? ''
      try {
        const askers = await seen(clusterId)
        answerJson(response, 200, await withAdmin(clusterId, (admin) => workOnAcls(admin, asked.request, askers)))
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        answerJson(response, 400, { message: `${cluster.name} answered ${error.message}` })
      }
    },
  }
}

async function bodyOf(
  request: IncomingMessage,
): Promise<{ readonly cluster: string | null; readonly request: AclRequest } | null> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > BODY_LENGTH_MAX) return null
  }
  try {
    const { cluster, request: asked } = JSON.parse(text) as { cluster: string | null; request: AclRequest }
    return ['list', 'add', 'remove'].includes(asked.verb) ? { cluster, request: asked } : null
  } catch {
    return null
  }
}
