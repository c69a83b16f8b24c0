/**
 * What each Secrets Manager call is about: its secret, with the policy attached to it. Source: "Actions, resources, and
 * condition keys for AWS Secrets Manager" of the service authorization reference.
 */
import { formatArn, parseArn } from '@millrace/aws/arn'
import {
  resourceTags,
  textOf,
  type AuthorizationTarget,
  type AuthorizationTargets,
  type TargetResolver,
} from '@millrace/aws/authorization-target'
import { parsePolicy } from '@millrace/policy/parse-policy'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { KeyTarget } from '../kms/targets.ts'
import type { Scope } from '../scope.ts'
import type { Secret } from './secret.ts'
import type { SecretVault } from './secret-vault.ts'

type Input = Readonly<Record<string, unknown>>

/** What the caller needs of a customer key, because Secrets Manager uses it on the caller's behalf. Source: "Permissions for the KMS key" of the Secrets Manager user guide. */
const keyActions: Readonly<Record<string, readonly string[]>> = {
  GetSecretValue: ['kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
  UpdateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
  CreateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
}

export function secretsManagerTargets(vault: SecretVault, keyTarget: KeyTarget): TargetResolver {
  /** None for the AWS managed key, which serves everybody of the account through the service. */
  const keyTargetsOf = async (
    operation: string,
    kmsKeyId: string | null,
    scope: Scope,
    secret: Secret | null,
  ): Promise<readonly AuthorizationTarget[]> => {
    const actions = keyActions[operation] ?? []
    if (kmsKeyId === null || actions.length === 0) return []
    const key = await keyTarget(kmsKeyId, secret ?? scope, secret === null ? null : { SecretARN: secret.arn })
    // Of a key that is not there the operation tells.
    if (key.policies === undefined) return []
    const values = {
      ...key.values,
      'kms:calleraccount': [scope.accountId],
      'kms:viaservice': [`secretsmanager.${scope.region}.amazonaws.com`],
    }
    return actions.map((action) => ({ ...key, action, values }))
  }

  const secretTarget = async (
    secretId: string,
    scope: Scope,
    input: Input,
  ): Promise<{ readonly target: AuthorizationTarget; readonly secret: Secret | null }> => {
    const owner = ownerOf(secretId, scope)
    const secret = (await vault.find(secretId, owner))?.secret ?? null
    if (secret === null) {
      const resource = secretId.startsWith('arn:') ? secretId : arnOf(scope, secretId)
      // Of another account nothing is told: without its policy nobody is let in.
      return owner.accountId === scope.accountId
        ? { secret, target: { resource, values: keysOf(input, resource) } }
        : { secret, target: { resource, policies: { accountId: owner.accountId, policies: [], mustAllow: true } } }
    }
    const { policy, name } = secret
    const policies =
      policy === null ? [] : [{ name: `resource policy of ${name}`, document: parsePolicy(policy, 'resource') }]
    const target = {
      resource: secret.arn,
      values: { ...resourceTags(secret.tags), ...ownTags(secret), ...keysOf(input, secret.arn) },
      policies: { accountId: secret.accountId, policies, mustAllow: false },
    }
    return { secret, target }
  }

  return async ({ operation, input, accountId, region }): Promise<AuthorizationTargets> => {
    const scope = { accountId, region }
    const secretId = textOf(input, 'SecretId')
    if (secretId !== '') {
      const { target, secret } = await secretTarget(secretId, scope, input)
      const owner = target.policies?.accountId
      const kmsKeyId = textOf(input, 'KmsKeyId') || (secret?.kmsKeyId ?? null)
      const targets = [target, ...(await keyTargetsOf(operation, kmsKeyId, scope, secret))]
      return owner === undefined ? { targets } : { targets, accountId: owner }
    }
    if (operation === 'CreateSecret') {
      const name = textOf(input, 'Name')
      const created = { resource: arnOf(scope, name), values: { 'secretsmanager:name': [name] } }
      return { targets: [created, ...(await keyTargetsOf(operation, textOf(input, 'KmsKeyId') || null, scope, null))] }
    }
    if (operation !== 'BatchGetSecretValue') return { targets: [{ resource: '*' }] }
    const ids = Array.isArray(input['SecretIdList']) ? input['SecretIdList'].filter((id) => typeof id === 'string') : []
    const action = 'secretsmanager:GetSecretValue'
    // By filter anything may be found: then all must be open.
    if (ids.length === 0) return { targets: [{ resource: '*' }, { resource: '*', action }] }
    const read = await Promise.all(
      ids.map(async (id) => {
        const { target, secret } = await secretTarget(id, scope, input)
        const keys = await keyTargetsOf('GetSecretValue', secret?.kmsKeyId ?? null, scope, secret)
        return [{ ...target, action }, ...keys]
      }),
    )
    return { targets: [{ resource: '*' }, ...read.flat()] }
  }
}

function ownerOf(secretId: string, scope: Scope): Scope {
  const arn = parseArn(secretId)
  return arn?.service === 'secretsmanager' ? { accountId: arn.accountId, region: arn.region } : scope
}

function arnOf({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'secretsmanager', region, accountId, resource: `secret:${name}` })
}

function ownTags({ tags }: Secret): KeyValues {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`secretsmanager:resourcetag/${key.toLowerCase()}`, [value]]),
  )
}

function keysOf(input: Input, arn: string): KeyValues {
  const keys: Record<string, readonly string[]> = { 'secretsmanager:secretid': [arn] }
  for (const [member, key] of [
    ['VersionId', 'secretsmanager:versionid'],
    ['VersionStage', 'secretsmanager:versionstage'],
    ['KmsKeyId', 'secretsmanager:kmskeyid'],
  ] as const)
    if (textOf(input, member) !== '') keys[key] = [textOf(input, member)]
  if (typeof input['ForceDeleteWithoutRecovery'] === 'boolean')
    keys['secretsmanager:forcedeletewithoutrecovery'] = [String(input['ForceDeleteWithoutRecovery'])]
  return keys
}
