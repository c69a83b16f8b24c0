import { evaluate } from '@millrace/policy/evaluate'
import { noPolicies } from '@millrace/policy/principal-policies'
import type { Principal } from '@millrace/policy/principal'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlane } from '../testing/control-plane.ts'
import type { Cluster } from '../store/records.ts'
import { clusterPolicies, kafkaTargets } from './targets.ts'

let plane: ControlPlane
let cluster: Cluster

beforeEach(async () => {
  plane = await ControlPlane.open()
  cluster = await plane.activeCluster()
})
afterEach(() => plane.close())

const rootOf = (accountId: string): Principal => ({
  type: 'root',
  arn: `arn:aws:iam::${accountId}:root`,
  userId: accountId,
  accountId,
})

async function targets(operation: string, input: Readonly<Record<string, unknown>>, accountId = cluster.accountId) {
  const resolve = kafkaTargets({ store: plane.store, policyOf: clusterPolicies(plane.store), keyTarget: null })
  return resolve({ operation, input, principal: rootOf(accountId), accountId, region: cluster.region })
}

test('a call is about the cluster that it names, with its tags', async () => {
  await plane.store.updateCluster(cluster.arn, { tags: { Team: 'orders' } })
  expect(await targets('RebootBroker', { ClusterArn: cluster.arn })).toEqual({
    accountId: cluster.accountId,
    targets: [{ resource: cluster.arn, values: { 'aws:resourcetag/team': ['orders'] } }],
  })
  expect((await targets('ListClusters', {})).targets).toEqual([{ resource: '*' }])
})

test('a cluster made with tags needs leave to tag too', async () => {
  expect((await targets('CreateCluster', { ClusterName: 'one' })).targets).toEqual([{ resource: '*' }])
  expect((await targets('CreateClusterV2', { ClusterName: 'one', Tags: { a: 'b' } })).targets).toEqual([
    { resource: '*' },
    {
      resource: `arn:aws:kafka:${cluster.region}:${cluster.accountId}:cluster/one/*`,
      action: 'kafka:TagResource',
    },
  ])
})

test('a cluster under a customer key needs leave for its grant, through MSK alone', async () => {
  const key = { resource: 'arn:key', policies: { accountId: cluster.accountId, policies: [], mustAllow: true } }
  const resolve = kafkaTargets({
    store: plane.store,
    policyOf: clusterPolicies(plane.store),
    keyTarget: (name) => Promise.resolve(name === 'arn:key' ? key : { resource: name }),
  })
  const { accountId, region } = cluster
  const asked = async (operation: string, input: Readonly<Record<string, unknown>>) =>
    (await resolve({ operation, input, principal: rootOf(accountId), accountId, region })).targets
  const EncryptionInfo = { EncryptionAtRest: { DataVolumeKMSKeyId: 'arn:key' } }
  for (const [operation, input] of [
    ['CreateCluster', { EncryptionInfo }],
    ['CreateClusterV2', { Provisioned: { EncryptionInfo } }],
  ] as const) {
    const values = { 'kms:calleraccount': [accountId], 'kms:viaservice': [`kafka.${region}.amazonaws.com`] }
    expect(await asked(operation, input)).toEqual([
      { resource: '*' },
      { ...key, values, action: 'kms:DescribeKey' },
      { ...key, values: { ...values, 'kms:grantisforawsresource': ['true'] }, action: 'kms:CreateGrant' },
    ])
  }
  // Of a key that is not there the operation tells.
  const unknown = { EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: 'arn:other' } } }
  expect(await asked('CreateCluster', unknown)).toEqual([{ resource: '*' }])
})

test('the Topics API asks for what a Kafka client would need, on the topic', async () => {
  const topic = `${cluster.arn.replace(':cluster/', ':topic/')}/t`
  const asked = await targets('DeleteTopic', { ClusterArn: cluster.arn, TopicName: 't' })
  expect(asked.targets.map(({ action, resource }) => [action, resource])).toEqual([
    ['kafka-cluster:Connect', cluster.arn],
    ['kafka-cluster:DescribeTopic', topic],
    ['kafka-cluster:DeleteTopic', topic],
  ])
})

test('another account gets in only by the policy of the cluster, and works in the account of the cluster', async () => {
  const principal = rootOf('111111111111')
  const decide = async (operation: string) => {
    const { targets: all, accountId } = await targets(operation, { ClusterArn: cluster.arn }, principal.accountId)
    expect(accountId).toBe(cluster.accountId)
    return all.map(({ resource, policies = null }) =>
      evaluate(
        { principal, action: `kafka:${operation}`, resource, values: new Map() },
        { ...noPolicies, resource: policies },
      ),
    )
  }
  expect(await decide('DescribeCluster')).toMatchObject([{ allowed: false, set: 'resource' }])
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: principal.accountId },
      Action: 'kafka:Describe*',
      Resource: cluster.arn,
    },
  })
  await plane.store.putClusterPolicy({ clusterArn: cluster.arn, policy, currentVersion: 'K1' })
  expect(await decide('DescribeCluster')).toMatchObject([{ allowed: true }])
  expect(await decide('DeleteCluster')).toMatchObject([{ allowed: false, set: 'resource' }])
})
