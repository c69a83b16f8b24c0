/** IAM users of a running Millrace, made by the stock SDK, and the clients that log in as them. */
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import type { MillraceProcess } from './millrace.ts'

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export const rootKey: AccessKey = { accessKeyId: 'test', secretAccessKey: 'test' }
export const REGION = 'us-east-1'
const POLICY_NAME = 'the-only-one'

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: object
}

export const allowAll: Statement = { Effect: 'Allow', Action: 'kafka-cluster:*', Resource: '*' }

export class IamUsers {
  readonly #client: IAMClient
  readonly #endpoint: string

  /** @param root whose account the users are of */
  constructor({ endpoint }: Pick<MillraceProcess, 'endpoint'>, root: AccessKey = rootKey) {
    this.#client = new IAMClient({ endpoint, region: REGION, credentials: root })
    this.#endpoint = endpoint
  }

  async create(name: string, statements: readonly Statement[]): Promise<AccessKey> {
    await this.#client.send(new CreateUserCommand({ UserName: name }))
    await this.allow(name, statements)
    const { AccessKey: key } = await this.#client.send(new CreateAccessKeyCommand({ UserName: name }))
    return { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' }
  }

  /** These statements and no others. */
  async allow(name: string, statements: readonly Statement[]): Promise<void> {
    const PolicyDocument = policyOf(statements)
    await this.#client.send(new PutUserPolicyCommand({ UserName: name, PolicyName: POLICY_NAME, PolicyDocument }))
  }

  /** A session of a new role, made with a policy of its own. */
  async assumeRole(name: string, role: readonly Statement[], session: readonly Statement[]): Promise<AccessKey> {
    const trust = { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' }
    const { Role } = await this.#client.send(
      new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: policyOf([trust]) }),
    )
    await this.#client.send(
      new PutRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME, PolicyDocument: policyOf(role) }),
    )
    // Root may not assume a role: a user does.
    const user = await this.create(`${name}-user`, [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }])
    const sts = new STSClient({ endpoint: this.#endpoint, region: REGION, credentials: user })
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: Role?.Arn ?? '', RoleSessionName: 'test', Policy: policyOf(session) }),
    )
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
  }

  async deleteKey(name: string, { accessKeyId }: AccessKey): Promise<void> {
    await this.#client.send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: accessKeyId }))
  }

  async delete(name: string, key: AccessKey): Promise<void> {
    await this.deleteKey(name, key)
    await this.#client.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName: POLICY_NAME }))
    await this.#client.send(new DeleteUserCommand({ UserName: name }))
  }
}

function policyOf(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** A bearer token by AWS's own signer. */
export async function bearerToken(key: AccessKey, region: string = REGION): Promise<string> {
  const { token } = await generateAuthTokenFromCredentialsProvider({
    region,
    awsCredentialsProvider: async () => key,
  })
  return token
}

export interface IamKafkaOptions {
  readonly brokers: string
  readonly caPem: string
  readonly token: () => Promise<string>
  readonly config?: Partial<KafkaConfig>
}

export function iamKafka({ brokers, caPem, token, config = {} }: IamKafkaOptions): Kafka {
  return new Kafka({
    brokers: brokers.split(','),
    ssl: { ca: [caPem] },
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) },
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    ...config,
  })
}
