/**
 * What each KMS call is about: its key, by whatever name, whose policy always has its say, and whose grants let others in; for
 * aliases also the alias. Source: "Determining access to AWS KMS keys" of the KMS developer guide.
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
import type { NamedPolicy } from '@millrace/policy/principal-policies'
import type { PolicyDocument } from '@millrace/policy/policy-document'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Scope } from '../scope.ts'
import { readHeader } from './ciphertext.ts'
import type { KmsDependencies } from './dependencies.ts'
import { constraintPairs, type Grant } from './grant.ts'
import type { Key } from './key.ts'

type Input = Readonly<Record<string, unknown>>

const takingAliases: ReadonlySet<string> = new Set([
  'DescribeKey',
  'Encrypt',
  'Decrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
])

/** A key by whatever name, with what it and its grants say; `scope` is the caller's. */
export type KeyTarget = (
  reference: string,
  scope: Scope,
  context: Readonly<Record<string, unknown>> | null,
) => Promise<AuthorizationTarget>

export function keyTargets({ ring, store }: Pick<KmsDependencies, 'ring' | 'store'>): KeyTarget {
  const documents = new Map<string, PolicyDocument>()
  const policyOf = (key: Key): NamedPolicy => {
    const known = documents.get(key.policy) ?? parsePolicy(key.policy, 'resource')
    if (documents.size > 1000) documents.clear()
    documents.set(key.policy, known)
    return { name: `key policy of ${key.arn}`, document: known }
  }
  return async (reference, scope, context) => {
    const key = await ring.find(reference, ownerOf(reference, scope))
    if (key === null) return { resource: unknownKey(reference, scope) }
    const aliases = (await store.aliases(key)).filter(({ keyId }) => keyId === key.keyId)
    const grants = (await store.grants(key, key.keyId)).flatMap((grant) => grantPolicy(grant) ?? [])
    return {
      resource: key.arn,
      policies: { accountId: key.accountId, policies: [policyOf(key), ...grants], mustAllow: true },
      values: {
        ...resourceTags(key.tags),
        ...encryptionContext(context),
        'kms:calleraccount': [scope.accountId],
        'kms:resourcealiases': aliases.map(({ name }) => name),
        ...(reference.includes('alias/') ? { 'kms:requestalias': [reference.slice(reference.indexOf('alias/'))] } : {}),
      },
    }
  }
}

export function kmsTargets(keyTarget: KeyTarget): TargetResolver {
  return async ({ operation, input, accountId, region }): Promise<AuthorizationTargets> => {
    const scope = { accountId, region }
    const context = contextOf(input)
    const keyId = textOf(input, 'KeyId') || textOf(input, 'TargetKeyId') || keyOfCiphertext(input['CiphertextBlob'])
    if (operation === 'ReEncrypt') {
      const source = textOf(input, 'SourceKeyId') || keyOfCiphertext(input['CiphertextBlob'])
      return {
        targets: [
          { ...(await keyTarget(source, scope, context)), action: 'kms:ReEncryptFrom' },
          { ...(await keyTarget(textOf(input, 'DestinationKeyId'), scope, context)), action: 'kms:ReEncryptTo' },
        ],
      }
    }
    const alias = textOf(input, 'AliasName')
    if (alias !== '') {
      const named = formatArn({ service: 'kms', region, accountId, resource: alias })
      const key = keyId === '' ? alias : keyId
      return { targets: [{ resource: named }, await keyTarget(key, scope, context)] }
    }
    if (keyId === '') return { targets: [{ resource: '*' }] }
    // To the others an alias names nothing, which the operation will say.
    if (keyId.includes('alias/') && !takingAliases.has(operation))
      return { targets: [{ resource: unknownKey(keyId, scope) }] }
    const found = await keyTarget(keyId, scope, context)
    // A service that makes a grant for its caller asks by itself.
    const target =
      operation === 'CreateGrant' ? { ...found, values: { ...found.values, ...grantValues(input) } } : found
    const owner = target.policies?.accountId
    return owner === undefined ? { targets: [target] } : { targets: [target], accountId: owner }
  }
}

/** A key ARN may be of another account, whose key policy then decides with the caller's own policies. */
function ownerOf(reference: string, scope: Scope): Scope {
  const arn = parseArn(reference)
  return arn?.service === 'kms' && arn.region === scope.region ? { ...scope, accountId: arn.accountId } : scope
}

function unknownKey(reference: string, { accountId, region }: Scope): string {
  if (reference.startsWith('arn:')) return reference
  const resource = reference.startsWith('alias/') ? reference : `key/${reference}`
  return formatArn({ service: 'kms', region, accountId, resource })
}

function keyOfCiphertext(value: unknown): string {
  if (!(value instanceof Uint8Array)) return ''
  try {
    return readHeader(value).keyId
  } catch {
    // No ciphertext of ours: the operation will say so to who may ask.
    return ''
  }
}

/** Condition keys of CreateGrant. Source: "AWS KMS condition keys" of the KMS developer guide. */
function grantValues(input: Input): KeyValues {
  const operations = input['Operations']
  const constraints = input['Constraints']
  const types = typeof constraints === 'object' && constraints !== null ? Object.keys(constraints) : []
  return {
    'kms:grantisforawsresource': ['false'],
    ...(Array.isArray(operations) ? { 'kms:grantoperations': operations.map(String) } : {}),
    ...(types.length === 0 ? {} : { 'kms:grantconstrainttype': types }),
    ...(textOf(input, 'GranteePrincipal') === ''
      ? {}
      : { 'kms:granteeprincipal': [textOf(input, 'GranteePrincipal')] }),
    ...(textOf(input, 'RetiringPrincipal') === ''
      ? {}
      : { 'kms:retiringprincipal': [textOf(input, 'RetiringPrincipal')] }),
  }
}

function contextOf(input: Input): Input | null {
  const context = input['EncryptionContext']
  return typeof context === 'object' ? (context as Input | null) : null
}

function encryptionContext(context: Input | null): KeyValues {
  if (context === null) return {}
  const pairs = Object.entries(context).map(([key, value]) => [
    `kms:encryptioncontext:${key.toLowerCase()}`,
    [String(value)],
  ])
  return { 'kms:encryptioncontextkeys': Object.keys(context), ...Object.fromEntries(pairs) }
}

/** What a grant lets its grantee do, said as a statement. Null: the grantee is a service, which does not call here. */
function grantPolicy(grant: Grant): NamedPolicy | null {
  const { granteePrincipal, operations, constraints } = grant
  if (granteePrincipal === null) return null
  const equals = constraintPairs(constraints?.['EncryptionContextEquals'])
  const subset = constraintPairs(constraints?.['EncryptionContextSubset'])
  const conditions = [...equals, ...subset].map(([key, value]) => ({
    operator: 'StringEquals',
    key: `kms:EncryptionContext:${key}`,
    values: [value],
  }))
  const noMore = {
    operator: 'ForAllValues:StringEquals',
    key: 'kms:EncryptionContextKeys',
    values: equals.map(([key]) => key),
  }
  return {
    name: `grant ${grant.grantId}`,
    document: {
      version: '2008-10-17',
      id: null,
      statements: [
        {
          sid: null,
          effect: 'Allow',
          principals: { negated: false, patterns: [granteePrincipal] },
          actions: { negated: false, patterns: operations.map((operation) => `kms:${operation}`) },
          resources: { negated: false, patterns: ['*'] },
          conditions: equals.length === 0 ? conditions : [...conditions, noMore],
        },
      ],
    },
  }
}
