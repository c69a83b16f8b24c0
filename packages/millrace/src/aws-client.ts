/**
 * The few calls of the `kafka` API that the command and the library make, signed like any other client's: they know
 * what every user of the API knows, and nothing else.
 */
import { createHmac } from 'node:crypto'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/aws/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/aws/sigv4/signing-keys'
import { UserError } from './user-error.ts'

export interface AwsAccess {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface ClusterSummary {
  readonly clusterArn: string
  readonly clusterName: string
  readonly state: string
}

/** Credentials and region of the environment where they are set, else those every Millrace knows. */
export function awsAccess(endpoint: string, region?: string): AwsAccess {
  const { env } = process
  return {
    endpoint,
    region: region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? 'test',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  }
}

/** How clients may connect; each has its own bootstrap string. */
export type ListenerKind = 'plaintext' | 'tls' | 'scram'

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
    }>('GET', `/v1/clusters/${encodeURIComponent(arn)}/bootstrap-brokers`)
    return {
      plaintext: answer.bootstrapBrokerString ?? null,
      tls: answer.bootstrapBrokerStringTls ?? null,
      scram: answer.bootstrapBrokerStringSaslScram ?? null,
    }
  }

  async #call<Answer>(method: string, path: string, query = '', body?: object): Promise<Answer> {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#access
    const payload = body === undefined ? '' : JSON.stringify(body)
    const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
    const date = timestamp.slice(0, 8)
    const scope = `${date}/${region}/kafka/aws4_request`
    const headers = new Map([
      ['host', [new URL(endpoint).host]],
      ['x-amz-date', [timestamp]],
    ])
    const signedHeaders = [...headers.keys()]
    const request = { method, rawPath: path, rawQuery: query, headers, body: Buffer.from(payload) }
    const text = stringToSign(timestamp, scope, canonicalRequest(request, signedHeaders, sha256Hex(payload)))
    const signature = createHmac('sha256', deriveSigningKey(secretAccessKey, date, region, 'kafka'))
      .update(text)
      .digest('hex')
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
    let response: Response
    try {
      response = await fetch(`${endpoint}${path}${query === '' ? '' : `?${query}`}`, {
        method,
        headers: {
          'x-amz-date': timestamp,
          authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: payload }),
      })
    } catch (cause) {
      throw new UserError(`No answer from ${endpoint}. Is Millrace running? Start it with \`millrace start\`.`, {
        cause,
      })
    }
    const answer = await response.text()
    const parsed: unknown = answer === '' ? {} : JSON.parse(answer)
    if (!response.ok) {
      const { message } = parsed as { message?: string }
      throw new UserError(
        `${response.headers.get('x-amzn-errortype') ?? String(response.status)}: ${message ?? answer}`,
      )
    }
    return parsed as Answer
  }
}
