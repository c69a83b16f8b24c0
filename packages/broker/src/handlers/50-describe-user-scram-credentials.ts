/**
 * DescribeUserScramCredentials (50, KIP-554): mechanisms and iterations of users with SCRAM credentials in the metadata;
 * what is secret stays there. `kafka-configs.sh --describe --entity-type users` asks it next to the quotas.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponseInput,
} from '@millrace/protocol/messages/50-describe-user-scram-credentials'
import type { BrokerRuntime } from '../broker-runtime.ts'

type Result = DescribeUserScramCredentialsResponseInput['results'][number]

export function describeUserScramCredentialsHandler({
  metadata,
}: Pick<BrokerRuntime, 'metadata'>): ApiHandler<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponseInput
> {
  return {
    request: describeUserScramCredentialsRequest,
    response: describeUserScramCredentialsResponse,
    handle(_context, { users }, respond) {
      const known = credentialsByUser(metadata.image)
      const asked = users === null || users.length === 0 ? [...known.keys()] : users.map(({ name }) => name)
      // Counted in one pass: a request can name a hundred thousand users.
      const times = new Map<string, number>()
      for (const user of asked) times.set(user, (times.get(user) ?? 0) + 1)
      const results = [...times].map(([user, count]) =>
        count > 1 ? duplicate(user) : describeUser(user, known.get(user)),
      )
      respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results })
    },
  }
}

function describeUser(user: string, credentialInfos: Result['credentialInfos'] | undefined): Result {
  if (credentialInfos !== undefined) return { user, errorCode: ErrorCode.NONE, errorMessage: null, credentialInfos }
  return {
    user,
    errorCode: ErrorCode.RESOURCE_NOT_FOUND,
    errorMessage: `Attempt to describe a user credential that does not exist: ${user}`,
    credentialInfos: [],
  }
}

function duplicate(user: string): Result {
  return {
    user,
    errorCode: ErrorCode.DUPLICATE_RESOURCE,
    errorMessage: `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
    credentialInfos: [],
  }
}

function credentialsByUser({
  scramCredentials,
}: MetadataImage): Map<string, { mechanism: number; iterations: number }[]> {
  const byUser = new Map<string, { mechanism: number; iterations: number }[]>()
  for (const { name, mechanism, iterations } of scramCredentials.values()) {
    const infos = byUser.get(name) ?? []
    byUser.set(name, infos)
    infos.push({ mechanism, iterations })
  }
  return byUser
}
