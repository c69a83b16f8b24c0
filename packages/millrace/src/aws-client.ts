/**
 * The few calls of the AWS API that the command and the library make, signed like any other client's: they know what every
 * user of the API knows, and nothing else.
 */
import { environmentCredentials } from './aws-credentials.ts'
import { type AwsAccess, signedCall } from './signed-call.ts'
import { UserError } from './user-error.ts'

export interface ClusterSummary {
  readonly clusterArn: string
  readonly clusterName: string
  readonly state: string
}

/** The root key of every Millrace that listens on loopback alone. */
export const KNOWN_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: null } as const

/** Credentials and region of the environment where they are set, else those every Millrace knows. */
export function awsAccess(endpoint: string, region?: string): AwsAccess {
  const { env } = process
  return {
    endpoint,
    region: region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(environmentCredentials(env) ?? KNOWN_CREDENTIALS),
  }
}

/** How clients may connect; each has its own bootstrap string. */
export type ListenerKind = 'plaintext' | 'tls' | 'scram' | 'iam'

export class KafkaApi {
  readonly #access: AwsAccess

  constructor(access: AwsAccess) {
    this.#access = access
  }

  createCluster(body: object): Promise<{ readonly clusterArn: string }> {
    return this.#call('POST', '/api/v2/clusters', '', body)
  }

  /** All clusters of the account and region. */
  async listClusters(): Promise<ClusterSummary[]> {
    const clusters: ClusterSummary[] = []
    let nextToken: string | undefined
    do {
      const query = `maxResults=100${nextToken === undefined ? '' : `&nextToken=${encodeURIComponent(nextToken)}`}`
      const page = await this.#call<{ clusterInfoList: ClusterSummary[]; nextToken?: string }>(
        'GET',
        '/api/v2/clusters',
        query,
      )
      clusters.push(...page.clusterInfoList)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return clusters
  }

  async describeCluster(
    arn: string,
  ): Promise<{ readonly state: string; readonly stateInfo?: { readonly message?: string } }> {
    const answer = await this.#call<{ clusterInfo: { state: string; stateInfo?: { message?: string } } }>(
      'GET',
      `/api/v2/clusters/${encodeURIComponent(arn)}`,
    )
    return answer.clusterInfo
  }

  /** Whether nobody gets in by TLS who has no certificate. */
  async demandsCertificates(arn: string): Promise<boolean> {
    const { clusterInfo } = await this.#call<{
      clusterInfo: {
        provisioned?: {
          clientAuthentication?: { tls?: { enabled?: boolean }; unauthenticated?: { enabled?: boolean } }
        }
      }
    }>('GET', `/api/v2/clusters/${encodeURIComponent(arn)}`)
    const { tls, unauthenticated } = clusterInfo.provisioned?.clientAuthentication ?? {}
    return tls?.enabled === true && unauthenticated?.enabled !== true
  }

  async deleteCluster(arn: string): Promise<void> {
    await this.#call('DELETE', `/v1/clusters/${encodeURIComponent(arn)}`)
  }

  /** The plaintext bootstrap string, "host:port,…". */
  async bootstrapBrokers(arn: string): Promise<string> {
    const { plaintext } = await this.bootstrapStrings(arn)
    if (plaintext === null) throw new UserError(`Cluster ${arn} has no plaintext listener.`)
    return plaintext
  }

  /** "host:port,…" of each kind of listener; null of those that the cluster does not have. */
  async bootstrapStrings(arn: string): Promise<Readonly<Record<ListenerKind, string | null>>> {
    const answer = await this.#call<{
      bootstrapBrokerString?: string
      bootstrapBrokerStringTls?: string
      bootstrapBrokerStringSaslScram?: string
      bootstrapBrokerStringSaslIam?: string
    }>('GET', `/v1/clusters/${encodeURIComponent(arn)}/bootstrap-brokers`)
    return {
      plaintext: answer.bootstrapBrokerString ?? null,
      tls: answer.bootstrapBrokerStringTls ?? null,
      scram: answer.bootstrapBrokerStringSaslScram ?? null,
      iam: answer.bootstrapBrokerStringSaslIam ?? null,
    }
  }

  /** Secrets whose users may log in by SCRAM. */
  async scramSecrets(arn: string): Promise<string[]> {
    const answer = await this.#call<{ secretArnList: string[] }>(
      'GET',
      `/v1/clusters/${encodeURIComponent(arn)}/scram-secrets`,
      'maxResults=100',
    )
    return answer.secretArnList
  }

  /** What Secrets Manager tells of a secret's value. */
  async secretString(secretArn: string): Promise<string> {
    const answer = await signedCall<{ SecretString?: string }>(this.#access, {
      service: 'secretsmanager',
      method: 'POST',
      path: '/',
      body: { SecretId: secretArn },
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    })
    return answer.SecretString ?? ''
  }

  #call<Answer>(method: string, path: string, query = '', body?: object): Promise<Answer> {
    return signedCall(this.#access, {
      service: 'kafka',
      method,
      path,
      query,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
  }
}
