/** The SDK's clients and the stock AWS CLI against a front door with iam, sts and a kafka service of one cluster. */
import { execFile, execFileSync } from 'node:child_process'
import {
  GenerateCredentialReportCommand,
  GetUserCommand,
  IAMClient,
  ListAccountAliasesCommand,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import {
  CreateClusterV2Command,
  DescribeClusterCommand,
  KafkaClient,
  paginateListClusters,
} from '@aws-sdk/client-kafka'
import { GetAccessKeyInfoCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { RootCredentials } from '@millrace/aws/credentials'
import { conflict, notFound } from '@millrace/aws/errors'
import { createFrontDoor } from '@millrace/aws/front-door'
import { loadModel } from '@millrace/aws/model'
import { Paginator } from '@millrace/aws/pagination'
import { defineService } from '@millrace/aws/service'
import { silentLogger } from '@millrace/base/logger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIamService } from './iam/iam-service.ts'
import { openIdentity } from './iam/identity.ts'
import { AuthorizationMessages } from './sts/authorization-messages.ts'
import { createStsService } from './sts/sts-service.ts'
import { openTestDatabase } from './testing/memory-database.ts'

const names = ['alpha', 'beta', 'gamma']
const arnOf = (name: string): string => `arn:aws:kafka:us-east-1:000000000000:cluster/${name}/5f1d-2`
const paginator = new Paginator(Buffer.from('secret'))
const credentials = new RootCredentials({ acceptTest: true })
const accountCreated = new Date('2026-11-21T10:00:00Z')

const kafka = defineService(loadModel('kafka'), {
  CreateClusterV2: async () => {
    throw conflict({ message: 'A cluster with this name exists.', invalidParameter: 'clusterName' })
  },
  DescribeCluster: async ({ ClusterArn }) => {
    const name = names.find((candidate) => arnOf(candidate) === ClusterArn)
    if (name === undefined) throw notFound({ message: 'The cluster does not exist.', invalidParameter: 'clusterArn' })
    return { ClusterInfo: { ClusterArn, ClusterName: name, CreationTime: accountCreated, Tags: { 'a b': 'é' } } }
  },
  ListClusters: async (input, context) => {
    const filter = input.ClusterNameFilter ?? ''
    const page = paginator.page({
      items: names.filter((name) => name.startsWith(filter)),
      sortKey: (name) => name,
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: ['ListClusters', context.accountId, context.region, filter],
    })
    return {
      ClusterInfoList: page.items.map((name) => ({ ClusterName: name, ClusterArn: arnOf(name) })),
      NextToken: page.nextToken,
    }
  },
})

const database = await openTestDatabase()
const identity = await openIdentity({
  database,
  masterKey: Buffer.alloc(32, 7),
  root: credentials,
  clock: () => new Date(),
})
const door = createFrontDoor({
  services: [
    kafka,
    createIamService({ identity, root: credentials, accountCreated }).service,
    createStsService({ identity, messages: new AuthorizationMessages(Buffer.alloc(32, 7)), clock: () => new Date() }),
  ],
  credentials: identity.directory,
  logger: silentLogger,
  defaultRegion: 'us-east-1',
  host: '127.0.0.1',
  port: 0,
})
let endpoint = ''

beforeAll(async () => {
  endpoint = `http://127.0.0.1:${(await door.start()).port}`
})
afterAll(async () => {
  await door.stop()
  await database.destroy()
})

const settings = (accessKeyId = 'test', secretAccessKey = 'test') => ({
  endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey },
})

describe('SDK clients', () => {
  test('learn who they are', async () => {
    const sts = new STSClient(settings('123456789012'))
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:root',
      UserId: '123456789012',
    })
    expect(
      await sts
        .send(new GetAccessKeyInfoCommand({ AccessKeyId: '999999999999' + '0000' }))
        .catch((error: unknown) => error),
    ).toMatchObject({ name: 'ValidationError' })
    await expect(new STSClient(settings('test', 'wrong')).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(
      { name: 'SignatureDoesNotMatch', $metadata: { httpStatusCode: 403 } },
    )
    await expect(new STSClient(settings('AKIAUNKNOWN')).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
  })

  test('find root alone in iam', async () => {
    const iam = new IAMClient(settings())
    expect((await iam.send(new GetUserCommand({}))).User).toEqual({
      Path: '/',
      UserName: 'root',
      UserId: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
      CreateDate: accountCreated,
    })
    await expect(iam.send(new GetUserCommand({ UserName: 'ada' }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      $metadata: { httpStatusCode: 404 },
    })
    expect(await iam.send(new ListAccountAliasesCommand({}))).toMatchObject({ AccountAliases: [], IsTruncated: false })
    expect(await iam.send(new ListUsersCommand({}))).toMatchObject({ Users: [], IsTruncated: false })
    expect(await iam.send(new ListRolesCommand({}))).toMatchObject({ Roles: [], IsTruncated: false })
    await expect(iam.send(new GenerateCredentialReportCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('iam:GenerateCredentialReport'),
    })
  })

  test('walk the pages of a list', async () => {
    const seen: (string | undefined)[] = []
    for await (const page of paginateListClusters({ client: new KafkaClient(settings()), pageSize: 2 }, {})) {
      seen.push(...(page.ClusterInfoList ?? []).map(({ ClusterName }) => ClusterName))
    }
    expect(seen).toEqual(names)
  })

  test('read structures and typed errors of kafka', async () => {
    const client = new KafkaClient(settings())
    const { ClusterInfo } = await client.send(new DescribeClusterCommand({ ClusterArn: arnOf('beta') }))
    expect(ClusterInfo).toEqual({
      ClusterArn: arnOf('beta'),
      ClusterName: 'beta',
      CreationTime: accountCreated,
      Tags: { 'a b': 'é' },
    })
    await expect(client.send(new DescribeClusterCommand({ ClusterArn: arnOf('none') }))).rejects.toMatchObject({
      name: 'NotFoundException',
      InvalidParameter: 'clusterArn',
      message: 'The cluster does not exist.',
      $fault: 'client',
    })
    await expect(client.send(new CreateClusterV2Command({ ClusterName: 'alpha' }))).rejects.toMatchObject({
      name: 'ConflictException',
      $metadata: { httpStatusCode: 409 },
    })
  })
})

const cli = findCli()

describe.skipIf(cli === null)(`the AWS CLI${cli === null ? ' (skipped: no aws command on this machine)' : ''}`, () => {
  test('gets its caller identity', async () => {
    expect(JSON.parse((await aws('sts', 'get-caller-identity')).stdout)).toEqual({
      UserId: '000000000000',
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
    })
  })

  test('describes a cluster by its ARN and reads dates', async () => {
    const { stdout } = await aws('kafka', 'describe-cluster', '--cluster-arn', arnOf('alpha'))
    expect(JSON.parse(stdout)).toMatchObject({ ClusterInfo: { ClusterName: 'alpha', Tags: { 'a b': 'é' } } })
  })

  test('pages through a list by itself', async () => {
    const { stdout } = await aws(
      'kafka',
      'list-clusters',
      '--page-size',
      '1',
      '--query',
      'ClusterInfoList[].ClusterName',
    )
    expect(JSON.parse(stdout)).toEqual(names)
  })

  test('shows an error with its name and message', async () => {
    const { stderr, code } = await aws('kafka', 'describe-cluster', '--cluster-arn', arnOf('none'))
    expect(code).not.toBe(0)
    expect(stderr).toContain(
      'An error occurred (NotFoundException) when calling the DescribeCluster operation: The cluster does not exist.',
    )
  })
})

function findCli(): string | null {
  try {
    return execFileSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

function aws(
  ...parameters: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number }> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: endpoint,
    AWS_MAX_ATTEMPTS: '1',
    PYTHONUTF8: '1',
  }
  return new Promise((resolve) => {
    execFile('aws', [...parameters, '--output', 'json'], { env }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: typeof error?.code === 'number' ? error.code : 0 })
    })
  })
}
