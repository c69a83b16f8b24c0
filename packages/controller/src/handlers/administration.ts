/** The clients' admin APIs, forwarded by brokers in envelopes: topics, partitions, configs, elections (19, 20, 33, 37, 43–46), quotas (49), SCRAM credentials (51). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
  type DeleteTopicsResponseInput,
} from '@millrace/protocol/messages/20-delete-topics'
import { alterConfigsRequest, alterConfigsResponse } from '@millrace/protocol/messages/33-alter-configs'
import { createPartitionsRequest, createPartitionsResponse } from '@millrace/protocol/messages/37-create-partitions'
import { electLeadersRequest, electLeadersResponse } from '@millrace/protocol/messages/43-elect-leaders'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@millrace/protocol/messages/45-alter-partition-reassignments'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '@millrace/protocol/messages/46-list-partition-reassignments'
import { alterClientQuotasRequest, alterClientQuotasResponse } from '@millrace/protocol/messages/49-alter-client-quotas'
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import { alterConfigs, incrementalAlterConfigs } from '../configuration-control/alter-configs.ts'
import type { ControlState, Decision } from '../decision.ts'
import { alterClientQuotas } from '../quota-control/alter-client-quotas.ts'
import { withConsequences } from '../replication-control/consequences.ts'
import { createPartitions } from '../replication-control/create-partitions.ts'
import { createTopics } from '../replication-control/create-topics.ts'
import { deleteTopics } from '../replication-control/delete-topics.ts'
import { electLeaders } from '../replication-control/elect-leaders.ts'
import { alterPartitionReassignments, listPartitionReassignments } from '../replication-control/reassignments.ts'
import { alterUserScramCredentials } from '../scram-control/alter-user-scram-credentials.ts'
import type { HandlerContext } from './handler-context.ts'
import { decideAndSpread, handler } from './handler-context.ts'

/** Config changes have no timeout of their own. */
const CONFIG_SPREAD_MS = 1000

export function administrationHandlers(context: HandlerContext): readonly ApiHandler[] {
  return [
    handler(createTopicsRequest, createTopicsResponse, (asked, request, respond) => {
      const quota = context.mutationQuotas.of(asked, 6)
      decideAndSpread(context, request.timeoutMs, (state) => createTopics(state, request, quota), respond)
    }),
    handler(deleteTopicsRequest, deleteTopicsResponse, (asked, request, respond) => {
      const quota = context.mutationQuotas.of(asked, 5)
      const decide = (state: ControlState): Decision<DeleteTopicsResponseInput> =>
        deleteTopics(state, request, asked.apiVersion, quota)
      decideAndSpread(context, request.timeoutMs, decide, respond)
    }),
    handler(createPartitionsRequest, createPartitionsResponse, (asked, request, respond) => {
      const quota = context.mutationQuotas.of(asked, 3)
      decideAndSpread(context, request.timeoutMs, (state) => createPartitions(state, request, quota), respond)
    }),
    handler(alterClientQuotasRequest, alterClientQuotasResponse, (_, request, respond) =>
      decideAndSpread(context, CONFIG_SPREAD_MS, (state) => alterClientQuotas(state, request), respond),
    ),
    handler(alterUserScramCredentialsRequest, alterUserScramCredentialsResponse, (_, request, respond) =>
      decideAndSpread(context, CONFIG_SPREAD_MS, (state) => alterUserScramCredentials(state, request), respond),
    ),
    handler(electLeadersRequest, electLeadersResponse, (_, request, respond) =>
      decideAndSpread(context, request.timeoutMs, (state) => electLeaders(state, request), respond),
    ),
    handler(alterPartitionReassignmentsRequest, alterPartitionReassignmentsResponse, (_, request, respond) =>
      decideAndSpread(context, request.timeoutMs, (state) => alterPartitionReassignments(state, request), respond),
    ),
    handler(listPartitionReassignmentsRequest, listPartitionReassignmentsResponse, (_, request, respond) =>
      decideAndSpread(
        context,
        0,
        (state) => ({ records: [], response: listPartitionReassignments(state.image, request) }),
        respond,
      ),
    ),
    handler(alterConfigsRequest, alterConfigsResponse, (_, request, respond) =>
      decideAndSpread(
        context,
        CONFIG_SPREAD_MS,
        (state) => withConsequences(state, alterConfigs(state, request)),
        respond,
      ),
    ),
    handler(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, (_, request, respond) =>
      decideAndSpread(
        context,
        CONFIG_SPREAD_MS,
        (state) => withConsequences(state, incrementalAlterConfigs(state, request)),
        respond,
      ),
    ),
  ]
}
