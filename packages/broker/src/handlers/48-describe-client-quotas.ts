/** DescribeClientQuotas (48): the quotas of the entities that the filter names. Facts: kafka-protocol §6.6. */
import { findQuotas } from '@millrace/metadata/quotas/describe-quotas'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponseInput,
} from '@millrace/protocol/messages/48-describe-client-quotas'
import type { BrokerRuntime } from '../broker-runtime.ts'

export function describeClientQuotasHandler({
  metadata,
}: Pick<BrokerRuntime, 'metadata'>): ApiHandler<DescribeClientQuotasRequest, DescribeClientQuotasResponseInput> {
  return {
    request: describeClientQuotasRequest,
    response: describeClientQuotasResponse,
    handle(_context, request, respond) {
      const found = findQuotas(metadata.image, request)
      if ('message' in found) {
        const errorCode = found.unsupportedType ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.INVALID_REQUEST
        return respond({ throttleTimeMs: 0, errorCode, errorMessage: found.message, entries: null })
      }
      const entries = found.map(({ entity, values }) => ({
        entity: entity.map(({ entityType, entityName }) => ({ entityType, entityName })),
        values: [...values].map(([key, value]) => ({ key, value })),
      }))
      respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, entries })
    },
  }
}
