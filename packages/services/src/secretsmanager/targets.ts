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
import type { Scope } from '../scope.ts'
import type { Secret } from './secret.ts'
import type { SecretVault } from './secret-vault.ts'

type Input = Readonly<Record<string, unknown>>

export function secretsManagerTargets(vault: SecretVault): TargetResolver {
  const secretTarget = async (secretId: string, scope: Scope, input: Input): Promise<AuthorizationTarget> => {
    const owner = ownerOf(secretId, scope)
    const found = await vault.find(secretId, owner)
    if (found === null) {
      const arn = secretId.startsWith('arn:') ? secretId : arnOf(scope, secretId)
      // Of another account nothing is told: without its policy nobody is let in.
      return owner.accountId === scope.accountId
        ? { resource: arn, values: keysOf(input, arn) }
        : { resource: arn, policies: { accountId: owner.accountId, policies: [], mustAllow: true } }
    }
    const { secret } = found
    return {
      resource: secret.arn,
      values: { ...resourceTags(secret.tags), ...ownTags(secret), ...keysOf(input, secret.arn) },
      policies: {
        accountId: secret.accountId,
        policies:
          secret.policy === null
            ? []
            : [{ name: `resource policy of ${secret.name}`, document: parsePolicy(secret.policy, 'resource') }],
        mustAllow: false,
      },
    }
  }

  return async ({ operation, input, accountId, region }): Promise<AuthorizationTargets> => {
    const scope = { accountId, region }
    const secretId = textOf(input, 'SecretId')
    if (secretId !== '') {
      const target = await secretTarget(secretId, scope, input)
      const owner = target.policies?.accountId
      return owner === undefined ? { targets: [target] } : { targets: [target], accountId: owner }
    }
    if (operation === 'CreateSecret') {
      const name = textOf(input, 'Name')
      return { targets: [{ resource: arnOf(scope, name), values: { 'secretsmanager:name': [name] } }] }
    }
    if (operation !== 'BatchGetSecretValue') return { targets: [{ resource: '*' }] }
    const ids = Array.isArray(input['SecretIdList']) ? input['SecretIdList'].filter((id) => typeof id === 'string') : []
    // By filter anything may be found: then all must be open.
    const read =
      ids.length === 0 ? [{ resource: '*' }] : await Promise.all(ids.map((id) => secretTarget(id, scope, input)))
    return {
      targets: [{ resource: '*' }, ...read.map((target) => ({ ...target, action: 'secretsmanager:GetSecretValue' }))],
    }
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
