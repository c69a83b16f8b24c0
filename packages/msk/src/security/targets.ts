/**
 * What each call of the kafka API needs leave for. Most are about the ARN that they name, with its tags; a cluster's own policy
 * lets other accounts in. The Topics API asks for what a Kafka client would need. Source: "Actions, resources, and condition
 * keys for Amazon MSK" of the service authorization reference; msk.md §1.7, §5.8, §9.4.
 */
import { parseArn } from '@millrace/aws/arn'
import {
  resourceTags,
  textOf,
  type ActionTarget,
  type AuthorizationCall,
  type AuthorizationTarget,
  type AuthorizationTargets,
  type TargetResolver,
} from '@millrace/aws/authorization-target'
import { parsePolicy } from '@millrace/policy/parse-policy'
import type { NamedPolicy, ResourcePolicies } from '@millrace/policy/principal-policies'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Scope } from '../arns.ts'
import type { EncryptionInfo } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The resource-based policy of a cluster, by ARN; null: it has none. */
export type ClusterPolicySource = (clusterArn: string) => Promise<NamedPolicy | null>

/** What the Topics API asks of the cluster's own actions, besides Connect: on the topic. */
const topicActions: Readonly<Record<string, readonly string[]>> = {
  ListTopics: ['DescribeTopic'],
  DescribeTopic: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  DescribeTopicPartitions: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  CreateTopic: ['CreateTopic'],
  DeleteTopic: ['DescribeTopic', 'DeleteTopic'],
  UpdateTopic: ['DescribeTopic', 'AlterTopic', 'AlterTopicDynamicConfiguration'],
}

/** Members that name what a call is about, the closest first. */
const naming = ['ClusterArn', 'ResourceArn', 'ClusterOperationArn', 'VpcConnectionArn', 'ReplicatorArn', 'Arn'] as const

export function clusterPolicies(store: Store): ClusterPolicySource {
  return async (clusterArn) => {
    const stored = await store.clusterPolicy(clusterArn)
    return stored === null
      ? null
      : { name: `cluster policy of ${clusterArn}`, document: parsePolicy(stored.policy, 'resource') }
  }
}

/** What KMS asks when the call is about a key, by whatever name. */
export type KeyTargetSource = (
  key: string,
  scope: Scope,
  context: Readonly<Record<string, unknown>> | null,
) => Promise<AuthorizationTarget>

export interface KafkaTargetsOptions {
  readonly store: Store
  readonly policyOf: ClusterPolicySource
  /** Null: there are no keys. */
  readonly keyTarget: KeyTargetSource | null
}

export function kafkaTargets({ store, policyOf, keyTarget }: KafkaTargetsOptions): TargetResolver {
  const policiesOf = async (arn: string, accountId: string): Promise<ResourcePolicies | null> => {
    const owner = parseArn(arn)?.accountId ?? accountId
    const policy = await policyOf(arn)
    if (policy === null && owner === accountId) return null
    return { accountId: owner, policies: policy === null ? [] : [policy], mustAllow: false }
  }

  const clusterTarget = async (arn: string, call: AuthorizationCall): Promise<AuthorizationTarget> => {
    const policies = await policiesOf(arn, call.accountId)
    const values = await tagsOf(store, arn)
    return { resource: arn, values, ...(policies === null ? {} : { policies }) }
  }

  return async (call): Promise<AuthorizationTargets> => {
    const { operation, input, accountId, region } = call
    if (operation === 'CreateCluster' || operation === 'CreateClusterV2') {
      const cluster = `arn:aws:kafka:${region}:${accountId}:cluster/${textOf(input, 'ClusterName')}/*`
      const tagging = Object.keys((input['Tags'] as object | undefined) ?? {}).length > 0
      const more = tagging ? [{ resource: cluster, action: 'kafka:TagResource' }] : []
      const key = storageKeyOf(input)
      const ofKey = key === '' || keyTarget === null ? [] : grantTargets(await keyTarget(key, call, null), call)
      return { targets: [{ resource: '*' }, ...more, ...ofKey] }
    }
    // The connection is the caller's own; the cluster may be another account's.
    if (operation === 'CreateVpcConnection')
      return { targets: [await clusterTarget(textOf(input, 'TargetClusterArn') || '*', call)] }
    const arn = naming.map((member) => textOf(input, member)).find((text) => text.startsWith('arn:'))
    if (arn === undefined) return { targets: [{ resource: '*' }] }
    const target = await clusterTarget(arn, call)
    const owner = target.policies?.accountId ?? accountId
    const actions = topicActions[operation]
    if (actions === undefined)
      return { targets: [{ ...target, values: { ...target.values, ...ownKeys(input) } }], accountId: owner }
    const topic = arn.replace(':cluster/', ':topic/')
    const resource = `${topic}/${operation === 'ListTopics' ? '*' : textOf(input, 'TopicName')}`
    return {
      accountId: owner,
      targets: [
        { ...target, action: 'kafka-cluster:Connect' },
        ...actions.map((action) => ({ ...target, resource, action: `kafka-cluster:${action}` })),
      ],
    }
  }
}

/** The key that a new cluster names; '' when it names none. */
function storageKeyOf(input: Readonly<Record<string, unknown>>): string {
  const provisioned = (input['Provisioned'] ?? input) as { readonly EncryptionInfo?: EncryptionInfo }
  const named: unknown = provisioned.EncryptionInfo?.EncryptionAtRest?.DataVolumeKMSKeyId
  return typeof named === 'string' ? named : ''
}

/** MSK makes a grant with the caller's own leave; the scope is the caller's. Of a key that is not there the operation tells. */
export function grantTargets(key: AuthorizationTarget, { accountId, region }: Scope): readonly ActionTarget[] {
  if (key.policies === undefined) return []
  const values = {
    ...key.values,
    'kms:calleraccount': [accountId],
    'kms:viaservice': [`kafka.${region}.amazonaws.com`],
  }
  return [
    { ...key, values, action: 'kms:DescribeKey' },
    { ...key, values: { ...values, 'kms:grantisforawsresource': ['true'] }, action: 'kms:CreateGrant' },
  ]
}

async function tagsOf(store: Store, arn: string): Promise<KeyValues> {
  const resource: Pick<Cluster, 'tags'> | null = arn.includes(':configuration/')
    ? await store.configuration(arn)
    : await store.cluster(arn)
  return resourceTags(resource?.tags ?? {})
}

function ownKeys(input: Readonly<Record<string, unknown>>): KeyValues {
  const connectivity = input['ConnectivityInfo'] as { readonly PublicAccess?: { readonly Type?: unknown } } | undefined
  const type = connectivity?.PublicAccess?.Type
  return type === undefined ? {} : { 'kafka:publicaccessenabled': [String(type === 'SERVICE_PROVIDED_EIPS')] }
}
