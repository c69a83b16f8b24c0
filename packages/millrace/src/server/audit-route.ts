/** `GET /_millrace/audit?limit=&sinceMs=&refused=&principal=`: the API calls of late, oldest first. */
import { answerJson, type InternalRoute } from '@millrace/aws/internal-routes'
import type { AuditLog } from './audit-log.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000

export function auditRoute(log: AuditLog): InternalRoute {
  return {
    method: 'GET',
    path: '/_millrace/audit',
    access: 'token',
    handle: async (request, response) => {
      const query = new URL(request.url ?? '/', 'http://localhost').searchParams
      const limit = Number(query.get('limit') ?? LIMIT_DEFAULT)
      const sinceMs = Number(query.get('sinceMs') ?? 0)
      if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX || !Number.isFinite(sinceMs))
        return answerJson(response, 400, {
          message: `limit must be 1 to ${LIMIT_MAX}, sinceMs a time in milliseconds.`,
        })
      const events = await log.read({
        limit,
        sinceMs,
        refused: query.get('refused') === 'true',
        principal: query.get('principal') ?? '',
      })
      answerJson(response, 200, { events })
    },
  }
}
