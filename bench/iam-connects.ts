/**
 * npm run bench -- iam-connects: how many clients a broker lets in per second and per CPU second: by TLS alone, and by TLS with
 * each mechanism of IAM access control on top. Whole connections: TCP, a full TLS handshake, login, close. The signatures are
 * made beforehand, as the broker is measured, not the signer; only the brokers' CPU time counts. Rounds are interleaved, the
 * best of each counts. `--seconds N` per round, `--rounds N`, `--json FILE`.
 */
import { createHmac } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { connect } from 'node:tls'
import { parseArgs } from 'node:util'
import {
  CreateClusterV2Command,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
} from '@aws-sdk/client-kafka'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/policy/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import { saslHandshakeRequest } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest } from '@millrace/protocol/messages/18-api-versions'
import { saslAuthenticateRequest } from '@millrace/protocol/messages/36-sasl-authenticate'
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js'
import { childrenOf, cpuSeconds } from './processes.ts'
import { scratchDirectory } from './targets.ts'

const REGION = 'us-east-1'
const CONCURRENT = 16
const ERROR_CODE_AT = 8

interface Case {
  readonly name: string
  readonly port: number
  /** What is sent one after the other, each answered before the next. */
  readonly requests: readonly Buffer[]
}

interface Result {
  readonly name: string
  connectsPerSecond: number
  connectsPerCpuSecond: number
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
})

const { startMillrace } = (await import(
  new URL('../dist/bin/library.js', import.meta.url).href
)) as typeof import('../packages/millrace/src/library.ts')
const scratch = scratchDirectory('millrace-bench-')
process.env['TMPDIR'] = scratch
const millrace = await startMillrace()
try {
  const cases = await prepare()
  const results = cases.map(({ name }): Result => ({ name, connectsPerSecond: 0, connectsPerCpuSecond: 0 }))
  const brokers = childrenOf(process.pid, 'millrace-broker')
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, each] of cases.entries()) {
      const result = results[index]
      if (result === undefined) continue
      const { connects, seconds, cpu } = await measure(each, brokers, Number(values.seconds))
      result.connectsPerSecond = Math.max(result.connectsPerSecond, Math.round(connects / seconds))
      result.connectsPerCpuSecond = Math.max(result.connectsPerCpuSecond, Math.round(connects / cpu))
    }
  }
  for (const { name, connectsPerSecond, connectsPerCpuSecond } of results)
    process.stdout.write(`${name.padEnd(24)} ${connectsPerSecond} connects/s  ${connectsPerCpuSecond} per CPU second\n`)
  if (values.json !== undefined) {
    const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, load: loadavg()[0], node: process.version }
    writeFileSync(
      values.json,
      `${JSON.stringify({ date: new Date().toISOString(), machine, cells: results }, null, 2)}\n`,
    )
  }
} finally {
  await millrace.stop()
  rmSync(scratch, { recursive: true, force: true })
}

/** A cluster with both listeners, and what its clients send. */
async function prepare(): Promise<readonly Case[]> {
  const api = new KafkaClient({ ...millrace })
  const { ClusterArn = '' } = await api.send(
    new CreateClusterV2Command({
      ClusterName: 'connects',
      Provisioned: {
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m5.large',
          ClientSubnets: ['a', 'b', 'c'].map((zone) => `subnet-0000000000000000${zone}`),
        },
        KafkaVersion: '3.9.x',
        NumberOfBrokerNodes: 3,
        EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } },
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: true } },
      },
    }),
  )
  while ((await api.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo?.State !== 'ACTIVE')
    await new Promise((resolve) => setTimeout(resolve, 50))
  const strings = await api.send(new GetBootstrapBrokersCommand({ ClusterArn }))
  const portOf = (bootstrap = ''): number => Number(bootstrap.split(',')[0]?.split(':').at(-1))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const { token } = await generateAuthTokenFromCredentialsProvider({
    region: REGION,
    awsCredentialsProvider: async () => credentials,
  })
  const iam = portOf(strings.BootstrapBrokerStringSaslIam)
  const login = (mechanism: string, message: string): Buffer[] => [
    frame(saslHandshakeRequest, { mechanism }),
    frame(saslAuthenticateRequest, { authBytes: Buffer.from(message) }),
  ]
  return [
    {
      name: 'TLS',
      port: portOf(strings.BootstrapBrokerStringTls),
      requests: [Buffer.concat(encodeRequestFrame(apiVersionsRequest, 0, { correlationId: 1, clientId: 'bench' }, {}))],
    },
    { name: 'TLS and AWS_MSK_IAM', port: iam, requests: login('AWS_MSK_IAM', payload('localhost')) },
    {
      name: 'TLS and OAUTHBEARER',
      port: iam,
      requests: login('OAUTHBEARER', `n,,\u0001auth=Bearer ${token}\u0001\u0001`),
    },
  ]
}

function frame(definition: typeof saslHandshakeRequest | typeof saslAuthenticateRequest, body: object): Buffer {
  const header = { correlationId: 1, clientId: 'bench' }
  return Buffer.concat(encodeRequestFrame(definition, 1, header, body as { mechanism: string } & { authBytes: Buffer }))
}

/** As aws-msk-iam-auth writes it, good for a quarter of an hour. */
function payload(host: string): string {
  const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${REGION}/kafka-cluster/aws4_request`
  const fields = {
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `test/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
  }
  const rawQuery = Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  const request = { method: 'GET', rawPath: '/', rawQuery, headers: new Map([['host', [host]]]) }
  const text = stringToSign(timestamp, scope, canonicalRequest(request, ['host'], sha256Hex('')))
  const key = deriveSigningKey('test', date, REGION, 'kafka-cluster')
  const lower = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]))
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return JSON.stringify({ ...lower, version: '2020_10_22', host, 'x-amz-signature': signature, 'user-agent': 'bench' })
}

async function measure(
  { name, port, requests }: Case,
  brokers: readonly number[],
  seconds: number,
): Promise<{ readonly connects: number; readonly seconds: number; readonly cpu: number }> {
  let connects = 0
  const startedMs = performance.now()
  const cpuBefore = cpuSeconds(brokers)
  const untilMs = startedMs + seconds * 1000
  const one = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await connectOnce(name, port, requests)
      connects++
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, one))
  return { connects, seconds: (performance.now() - startedMs) / 1000, cpu: cpuSeconds(brokers) - cpuBefore }
}

function connectOnce(name: string, port: number, requests: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Trust is not what is measured.
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false })
    let next = 0
    const send = (): void => {
      const request = requests[next++]
      if (request !== undefined) socket.write(request)
      else socket.end()
    }
    socket.once('secureConnect', send)
    socket.on('data', (bytes: Buffer) => {
      const errorCode = bytes.readInt16BE(ERROR_CODE_AT)
      if (errorCode === 0) send()
      else socket.destroy(new Error(`${name}: error ${errorCode}`))
    })
    socket.once('error', reject)
    socket.once('close', resolve)
  })
}
