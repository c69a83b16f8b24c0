/** `GET /_millrace/why?lastMs=…[&principal=…][&cluster=…]`: the refusals of late, explained. */
import { answerJson, type InternalRoute } from '@millrace/aws/internal-routes'
import { explainEvent } from '../why/explain.ts'
import type { ClusterAcls } from '../why/acl-remedy.ts'
import type { WhyLog } from '../why/why-log.ts'

export interface WhyRouteOptions {
  readonly log: WhyLog
  readonly nowMs: () => number
  readonly aclsOf: (clusterId: string) => Promise<ClusterAcls>
}

export function whyRoute({ log, nowMs, aclsOf }: WhyRouteOptions): InternalRoute {
  return {
    method: 'GET',
    path: '/_millrace/why',
    access: 'token',
    handle: async (request, response) => {
      const query = new URL(request.url ?? '', 'http://millrace').searchParams
      const lastMs = Number(query.get('lastMs') ?? '0')
      if (!Number.isSafeInteger(lastMs) || lastMs <= 0)
        return answerJson(response, 400, { message: 'lastMs must be a positive number of milliseconds' })
      const principal = query.get('principal')
      const cluster = query.get('cluster')
      const events = await log.list({
        sinceMs: nowMs() - lastMs,
        ...(principal === null ? {} : { principal }),
        ...(cluster === null ? {} : { cluster }),
      })
      const denied = events.flatMap((event) => (event.type === 'denial' && event.iam === null ? [event.clusterId] : []))
      const acls = new Map<string, ClusterAcls | null>()
      for (const clusterId of new Set(denied)) {
        // A cluster that does not answer, or is gone: told is what happened, without what would help.
        acls.set(clusterId, await aclsOf(clusterId).catch(() => null))
      }
      answerJson(response, 200, {
        events: events.map((event) =>
          explainEvent(event, event.type === 'denial' ? (acls.get(event.clusterId) ?? null) : null),
        ),
      })
    },
  }
}
