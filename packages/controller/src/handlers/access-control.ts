/** ACLs and features (30, 31, 57), forwarded by brokers in envelopes. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { createAclsRequest, createAclsResponse } from '@millrace/protocol/messages/30-create-acls'
import { deleteAclsRequest, deleteAclsResponse } from '@millrace/protocol/messages/31-delete-acls'
import { updateFeaturesRequest, updateFeaturesResponse } from '@millrace/protocol/messages/57-update-features'
import { createAcls, deleteAcls } from '../access-control/acl-decisions.ts'
import { updatableFeatures } from '../feature-control.ts'
import { withConsequences } from '../replication-control/consequences.ts'
import { updateFeatures } from '../update-features.ts'
import type { HandlerContext } from './handler-context.ts'
import { decideAndSpread, handler } from './handler-context.ts'

/** ACL requests have no timeout of their own. What was forbidden acts on all brokers once it is answered. */
const SPREAD_MS = 1_000

export function accessControlHandlers(context: HandlerContext): readonly ApiHandler[] {
  const supported = updatableFeatures(context.config.kafkaVersion)
  return [
    handler(createAclsRequest, createAclsResponse, (_, request, respond) =>
      decideAndSpread(context, SPREAD_MS, (state) => createAcls(state, request), respond),
    ),
    handler(deleteAclsRequest, deleteAclsResponse, (_, request, respond) =>
      decideAndSpread(context, SPREAD_MS, (state) => deleteAcls(state, request), respond),
    ),
    handler(updateFeaturesRequest, updateFeaturesResponse, ({ apiVersion }, request, respond) =>
      decideAndSpread(
        context,
        request.timeoutMs,
        (state) => withConsequences(state, updateFeatures(state, request, apiVersion, supported)),
        respond,
      ),
    ),
  ]
}
