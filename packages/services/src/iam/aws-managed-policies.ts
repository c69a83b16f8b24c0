/**
 * The managed policies of AWS that users of MSK attach, by ARN, with documents of our own that grant what AWS's page of each
 * policy says. Every account has them; nobody can change them.
 */
import type { ManagedPolicy } from './entities.ts'

interface Grant {
  readonly actions: readonly string[]
  readonly resources?: readonly string[]
  readonly condition?: object
  /** All but these: PowerUserAccess. */
  readonly except?: readonly string[]
}

interface Definition {
  readonly name: string
  readonly path?: string
  readonly description: string
  readonly grants: readonly Grant[]
}

const networkReading = [
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeRouteTables',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcAttribute',
]

const definitions: readonly Definition[] = [
  {
    name: 'AdministratorAccess',
    description: 'Provides full access to AWS services and resources.',
    grants: [{ actions: ['*'] }],
  },
  {
    name: 'PowerUserAccess',
    description:
      'Provides full access to AWS services and resources, but does not allow management of users and groups.',
    grants: [
      { actions: [], except: ['iam:*', 'organizations:*', 'account:*'] },
      {
        actions: [
          'iam:CreateServiceLinkedRole',
          'iam:DeleteServiceLinkedRole',
          'iam:ListRoles',
          'organizations:DescribeOrganization',
          'account:ListRegions',
        ],
      },
    ],
  },
  {
    name: 'ReadOnlyAccess',
    description: 'Provides read-only access to AWS services and resources.',
    grants: [
      {
        actions: [
          'kafka:Describe*',
          'kafka:Get*',
          'kafka:List*',
          'kafkaconnect:Describe*',
          'kafkaconnect:List*',
          'iam:Generate*',
          'iam:Get*',
          'iam:List*',
          'iam:Simulate*',
          'sts:GetAccessKeyInfo',
          'sts:GetCallerIdentity',
          'sts:GetSessionToken',
          'kms:Describe*',
          'kms:Get*',
          'kms:List*',
          'secretsmanager:Describe*',
          'secretsmanager:GetResourcePolicy',
          'secretsmanager:List*',
          'acm-pca:Describe*',
          'acm-pca:Get*',
          'acm-pca:List*',
          'ec2:Describe*',
          'ec2:Get*',
          'ec2:SearchTransitGatewayRoutes',
          'cloudwatch:Describe*',
          'cloudwatch:Get*',
          'cloudwatch:List*',
          'logs:Describe*',
          'logs:Get*',
          'logs:FilterLogEvents',
          'logs:List*',
          'cloudtrail:Describe*',
          'cloudtrail:Get*',
          'cloudtrail:List*',
          'cloudtrail:LookupEvents',
          's3:Get*',
          's3:List*',
          'glue:Get*',
          'glue:List*',
          'glue:Query*',
          'lambda:Get*',
          'lambda:List*',
          'firehose:Describe*',
          'firehose:List*',
          'tag:Get*',
        ],
      },
    ],
  },
  {
    name: 'IAMFullAccess',
    description: 'Provides full access to IAM.',
    grants: [{ actions: ['iam:*', 'organizations:DescribeOrganization', 'organizations:ListPolicies'] }],
  },
  {
    name: 'IAMReadOnlyAccess',
    description: 'Provides read only access to IAM.',
    grants: [{ actions: ['iam:GenerateCredentialReport', 'iam:Get*', 'iam:List*', 'iam:Simulate*'] }],
  },
  {
    name: 'AmazonMSKFullAccess',
    description: 'Provides full access to Amazon MSK and what it depends on.',
    grants: [
      {
        actions: [
          'kafka:*',
          ...networkReading,
          'kms:DescribeKey',
          'kms:CreateGrant',
          'logs:CreateLogDelivery',
          'logs:GetLogDelivery',
          'logs:UpdateLogDelivery',
          'logs:DeleteLogDelivery',
          'logs:ListLogDeliveries',
          'logs:PutResourcePolicy',
          'logs:DescribeResourcePolicies',
          'logs:DescribeLogGroups',
          's3:GetBucketPolicy',
          'firehose:TagDeliveryStream',
        ],
      },
      {
        actions: ['ec2:CreateVpcEndpoint'],
        resources: ['arn:*:ec2:*:*:vpc/*', 'arn:*:ec2:*:*:subnet/*', 'arn:*:ec2:*:*:security-group/*'],
      },
      {
        actions: ['ec2:CreateVpcEndpoint'],
        resources: ['arn:*:ec2:*:*:vpc-endpoint/*'],
        condition: {
          StringEquals: { 'aws:RequestTag/AWSMSKManaged': 'true' },
          StringLike: { 'aws:RequestTag/ClusterArn': '*' },
        },
      },
      {
        actions: ['ec2:CreateTags'],
        resources: ['arn:*:ec2:*:*:vpc-endpoint/*'],
        condition: { StringEquals: { 'ec2:CreateAction': 'CreateVpcEndpoint' } },
      },
      {
        actions: ['ec2:DeleteVpcEndpoints'],
        resources: ['arn:*:ec2:*:*:vpc-endpoint/*'],
        condition: {
          StringEquals: { 'ec2:ResourceTag/AWSMSKManaged': 'true' },
          StringLike: { 'ec2:ResourceTag/ClusterArn': '*' },
        },
      },
      {
        actions: ['iam:PassRole'],
        condition: { StringEquals: { 'iam:PassedToService': 'kafka.amazonaws.com' } },
      },
      {
        actions: ['iam:CreateServiceLinkedRole'],
        resources: ['arn:aws:iam::*:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka*'],
        condition: { StringLike: { 'iam:AWSServiceName': 'kafka.amazonaws.com' } },
      },
      {
        actions: ['iam:AttachRolePolicy', 'iam:PutRolePolicy'],
        resources: ['arn:aws:iam::*:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka*'],
      },
      {
        actions: ['iam:CreateServiceLinkedRole'],
        resources: ['arn:aws:iam::*:role/aws-service-role/delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery*'],
        condition: { StringLike: { 'iam:AWSServiceName': 'delivery.logs.amazonaws.com' } },
      },
    ],
  },
  {
    name: 'AmazonMSKReadOnlyAccess',
    description: 'Provides read-only access to Amazon MSK.',
    grants: [
      {
        actions: [
          'kafka:Describe*',
          'kafka:List*',
          'kafka:Get*',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcs',
          'kms:DescribeKey',
        ],
      },
    ],
  },
  {
    name: 'AmazonMSKConnectReadOnlyAccess',
    description: 'Provides read-only access to Amazon MSK Connect.',
    grants: [{ actions: ['kafkaconnect:List*', 'kafkaconnect:Describe*'] }],
  },
  {
    name: 'AWSMSKReplicatorExecutionRole',
    path: '/service-role/',
    description: 'Lets MSK Replicator read from one cluster and write to another.',
    grants: [
      {
        actions: [
          'kafka-cluster:Connect',
          'kafka-cluster:DescribeCluster',
          'kafka-cluster:AlterCluster',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:CreateTopic',
          'kafka-cluster:AlterTopic',
          'kafka-cluster:WriteData',
          'kafka-cluster:ReadData',
          'kafka-cluster:AlterGroup',
          'kafka-cluster:DescribeGroup',
          'kafka-cluster:DescribeTopicDynamicConfiguration',
          'kafka-cluster:AlterTopicDynamicConfiguration',
          'kafka-cluster:WriteDataIdempotently',
        ],
        resources: ['arn:aws:kafka:*:*:cluster/*'],
      },
      {
        actions: [
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:CreateTopic',
          'kafka-cluster:AlterTopic',
          'kafka-cluster:WriteData',
          'kafka-cluster:ReadData',
          'kafka-cluster:DescribeTopicDynamicConfiguration',
          'kafka-cluster:AlterTopicDynamicConfiguration',
          'kafka-cluster:AlterCluster',
        ],
        resources: ['arn:aws:kafka:*:*:topic/*/*'],
      },
      {
        actions: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
        resources: ['arn:aws:kafka:*:*:group/*/*'],
      },
    ],
  },
  {
    name: 'AWSLambdaMSKExecutionRole',
    path: '/service-role/',
    description: 'Lets a Lambda function poll an MSK cluster and write its logs.',
    grants: [
      {
        actions: [
          'kafka:DescribeCluster',
          'kafka:DescribeClusterV2',
          'kafka:GetBootstrapBrokers',
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeVpcs',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeSubnets',
          'ec2:DescribeSecurityGroups',
          'logs:CreateLogGroup',
          'logs:CreateLogStream',
          'logs:PutLogEvents',
        ],
      },
    ],
  },
  {
    name: 'KafkaServiceRolePolicy',
    path: '/aws-service-role/',
    description: 'What the service-linked role of Amazon MSK may do.',
    grants: [
      {
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:CreateNetworkInterfacePermission',
          'ec2:AttachNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DetachNetworkInterface',
          'ec2:DescribeVpcEndpoints',
          'acm-pca:GetCertificateAuthorityCertificate',
          'secretsmanager:ListSecrets',
        ],
      },
      {
        actions: [
          'secretsmanager:GetResourcePolicy',
          'secretsmanager:PutResourcePolicy',
          'secretsmanager:DeleteResourcePolicy',
          'secretsmanager:DescribeSecret',
        ],
        condition: { ArnLike: { 'secretsmanager:SecretId': 'arn:*:secretsmanager:*:*:secret:AmazonMSK_*' } },
      },
    ],
  },
  {
    name: 'KafkaConnectServiceRolePolicy',
    path: '/aws-service-role/',
    description: 'What the service-linked role of MSK Connect may do.',
    grants: [
      {
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:CreateNetworkInterfacePermission',
          'ec2:CreateTags',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DeleteNetworkInterface',
        ],
      },
    ],
  },
  {
    name: 'AWSLogDeliveryServiceRolePolicy',
    path: '/aws-service-role/',
    description: 'Lets log delivery write to Firehose streams.',
    grants: [
      {
        actions: ['firehose:PutRecord', 'firehose:PutRecordBatch', 'firehose:ListTagsForDeliveryStream'],
        condition: { StringEquals: { 'aws:ResourceTag/LogDeliveryEnabled': 'true' } },
      },
    ],
  },
  {
    name: 'SecretsManagerReadWrite',
    description: 'Provides read/write access to AWS Secrets Manager.',
    grants: [
      {
        actions: [
          'secretsmanager:*',
          'kms:DescribeKey',
          'kms:ListAliases',
          'kms:ListKeys',
          ...networkReading,
          'tag:GetResources',
        ],
      },
    ],
  },
]

/** AWS's documents change over the years; ours have the day on which this table was written. */
const WRITTEN = '2026-11-21T00:00:00.000Z'

const policies: ReadonlyMap<string, ManagedPolicy> = new Map(
  definitions.map((definition, index) => {
    const { name, path = '/', description, grants } = definition
    const arn = `arn:aws:iam::aws:policy${path}${name}`
    const policy: ManagedPolicy = {
      path,
      name,
      id: `ANPAMILLRACE${String(index).padStart(9, '0')}`,
      arn,
      createdAt: WRITTEN,
      updatedAt: WRITTEN,
      description,
      tags: {},
      versions: [{ id: 'v1', document: print(grants), createdAt: WRITTEN }],
      defaultVersionId: 'v1',
      lastVersion: 1,
    }
    return [arn, policy]
  }),
)

export function awsManagedPolicy(arn: string): ManagedPolicy | null {
  return policies.get(arn) ?? null
}

export function awsManagedPolicies(): Iterable<ManagedPolicy> {
  return policies.values()
}

function print(grants: readonly Grant[]): string {
  const Statement = grants.map(({ actions, except, resources = ['*'], condition }) => ({
    Effect: 'Allow',
    ...(except === undefined ? { Action: actions } : { NotAction: except }),
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement }, null, 4)
}
