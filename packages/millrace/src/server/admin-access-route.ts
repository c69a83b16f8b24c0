/**
 * `GET /_millrace/admin-access?cluster=ID`: how the operator's own commands get into a cluster that lets nobody in without a
 * login or a certificate. Who holds the token can read the cluster's secret beside it; nobody else is answered.
 */
import { answerJson, type InternalRoute } from '@millrace/aws/internal-routes'
import { adminOptions } from '@millrace/engine/admin-options'
import { EngineError, type Engine } from '@millrace/engine/engine'

export function adminAccessRoute(engine: Engine): InternalRoute {
  return {
    method: 'GET',
    path: '/_millrace/admin-access',
    access: 'token',
    handle: async (request, response) => {
      const cluster = new URL(request.url ?? '', 'http://millrace').searchParams.get('cluster') ?? ''
      try {
        answerJson(response, 200, adminOptions(await engine.adminAccess(cluster)))
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
        answerJson(response, 404, { message: error.message })
      }
    },
  }
}
