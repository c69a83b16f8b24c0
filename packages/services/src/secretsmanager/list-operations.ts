/** Many secrets at once. */
import type { SecretValueEntry, APIErrorType } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import { byText } from '../pages.ts'
import type { Scope } from '../scope.ts'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { matchesFilters } from './filters.ts'
import type { Secret } from './secret.ts'
import { described } from './secret-operations.ts'
import { noteAccess, valueAnswer, wantedVersion } from './value-operations.ts'

const SECRETS_LISTED_DEFAULT = 100
const VALUES_DEFAULT = 20

export function listOperations({
  vault,
  pages,
  clock,
}: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  async function readValue(
    secretId: string,
    scope: Scope,
    answer: { values: Validated<SecretValueEntry>[]; errors: Validated<APIErrorType>[] },
  ): Promise<void> {
    try {
      const whole = await vault.getLive(secretId, scope)
      const version = wantedVersion(whole, undefined, undefined)
      answer.values.push(await valueAnswer(vault, whole.secret, version))
      await noteAccess(vault, whole.secret, version, clock())
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      answer.errors.push({ SecretId: secretId, ErrorCode: error.name, Message: error.message })
    }
  }

  return {
    ListSecrets: async (input, context) => {
      const filters = input.Filters ?? []
      const order = sortOrders[input.SortBy ?? 'created-date'] ?? sortOrders['created-date']
      const descending = input.SortOrder === 'desc'
      const sortKey = (secret: Secret): string => `${order?.(secret) ?? ''} ${secret.arn}`
      const secrets = (await vault.all(context))
        .filter((secret) => input.IncludePlannedDeletion === true || secret.deletionAt === null)
        .filter((secret) => matchesFilters(secret, filters))
        .toSorted((a, b) => byText(sortKey(a), sortKey(b)) * (descending ? -1 : 1))
      const page = pages.cut({
        items: secrets,
        sortKey,
        descending,
        limit: input.MaxResults ?? SECRETS_LISTED_DEFAULT,
        token: input.NextToken,
        scope: [
          'ListSecrets',
          context.accountId,
          context.region,
          JSON.stringify(filters),
          input.SortBy ?? '',
          String(input.IncludePlannedDeletion === true),
        ],
      })
      const SecretList = await Promise.all(
        page.items.map(async (secret) => {
          const labelled = (await vault.versions(secret)).filter(({ stages }) => stages.length > 0)
          return {
            ...described(secret),
            SecretVersionsToStages: Object.fromEntries(
              labelled.map(({ versionId, stages }) => [versionId, [...stages]]),
            ),
          }
        }),
      )
      return { SecretList, NextToken: page.next }
    },

    BatchGetSecretValue: async (input, context) => {
      const { SecretIdList: ids, Filters: filters } = input
      if ((ids === undefined) === (filters === undefined)) {
        throw new AwsError('InvalidParameterException', {
          message: 'Provide either SecretIdList or Filters, not both and not neither.',
        })
      }
      const answer = { values: [] as Validated<SecretValueEntry>[], errors: [] as Validated<APIErrorType>[] }
      if (ids !== undefined) {
        for (const id of ids) await readValue(id, context, answer)
        return { SecretValues: answer.values, Errors: answer.errors }
      }
      const secrets = (await vault.all(context))
        .filter(({ deletionAt }) => deletionAt === null)
        .filter((secret) => matchesFilters(secret, filters ?? []))
      const page = pages.cut({
        items: secrets,
        sortKey: ({ name }) => name,
        limit: input.MaxResults ?? VALUES_DEFAULT,
        token: input.NextToken,
        scope: ['BatchGetSecretValue', context.accountId, context.region, JSON.stringify(filters)],
      })
      for (const { arn } of page.items) await readValue(arn, context, answer)
      return { SecretValues: answer.values, Errors: answer.errors, NextToken: page.next }
    },
  }
}

const sortOrders: Readonly<Record<string, (secret: Secret) => string>> = {
  'created-date': ({ createdAt }) => createdAt,
  'last-accessed-date': ({ accessedAt }) => accessedAt ?? '',
  'last-changed-date': ({ changedAt }) => changedAt,
  name: ({ name }) => name,
}
