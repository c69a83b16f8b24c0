/**
 * The official SDK as the oracle: for every operation of every served model, what its client serialises we decode to the
 * same values, and what we encode its client reads as the same values. Its signature is verified on the way.
 */
import * as ec2 from '@aws-sdk/client-ec2'
import * as iam from '@aws-sdk/client-iam'
import * as kafka from '@aws-sdk/client-kafka'
import * as kms from '@aws-sdk/client-kms'
import * as secretsManager from '@aws-sdk/client-secrets-manager'
import * as sts from '@aws-sdk/client-sts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RootCredentials } from './credentials.ts'
import { loadModel, type Operation } from './model.ts'
import type { ServiceName } from './operation-types.ts'
import { protocolOf } from './protocols/protocols.ts'
import type { ApiAnswer, ApiRequest } from './protocols/protocol.ts'
import { Problems } from './serde/problems.ts'
import { readSignature } from './sigv4/signed-request.ts'
import { SigningKeys } from './sigv4/signing-keys.ts'
import { verifySignature } from './sigv4/verify.ts'
import { arbitraryStructure, comparable } from './testing/arbitrary-value.ts'
import { answerBy } from './testing/sdk-round-trip.ts'

interface SdkClient {
  send(command: unknown): Promise<unknown>
}

const settings = (respond: (request: ApiRequest) => Promise<ApiAnswer>): object => ({
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:4566',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
  requestHandler: answerBy(respond),
})

const clients: readonly {
  service: ServiceName
  sdk: Readonly<Record<string, unknown>>
  connect(options: object): SdkClient
}[] = [
  { service: 'kafka', sdk: kafka, connect: (options) => new kafka.KafkaClient(options) as SdkClient },
  { service: 'iam', sdk: iam, connect: (options) => new iam.IAMClient(options) as SdkClient },
  { service: 'sts', sdk: sts, connect: (options) => new sts.STSClient(options) as SdkClient },
  { service: 'kms', sdk: kms, connect: (options) => new kms.KMSClient(options) as SdkClient },
  {
    service: 'secretsmanager',
    sdk: secretsManager,
    connect: (options) => new secretsManager.SecretsManagerClient(options) as SdkClient,
  },
  { service: 'ec2', sdk: ec2, connect: (options) => new ec2.EC2Client(options) as SdkClient },
]

const RUNS = 12

describe.each(clients)('$service', (served) => {
  const { service, sdk } = served
  const model = loadModel(service)
  const protocol = protocolOf(model)
  const keys = new SigningKeys()
  const credentials = new RootCredentials({ acceptTest: true })
  let respond: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>
  const client = served.connect(settings(async (request) => respond(request)))

  async function verify(request: ApiRequest): Promise<void> {
    const signed = readSignature(request)
    if (signed !== null) await verifySignature({ request, signed, credentials, keys, nowMs: Date.now() })
  }

  function send(operation: Operation, input: unknown): Promise<unknown> {
    const Command = sdk[`${operation.name}Command`] as new (input: unknown) => unknown
    return client.send(new Command(input))
  }

  test.each([...model.operations.values()].map((operation) => [operation.name, operation] as const))(
    '%s reads what the SDK writes and writes what the SDK reads',
    async (_name, operation) => {
      const inputs = operation.input === null ? fc.constant({}) : arbitraryStructure(operation.input)
      const outputs = operation.output === null ? fc.constant({}) : arbitraryStructure(operation.output)
      await fc.assert(
        fc.asyncProperty(inputs, outputs, async (input, output) => {
          let decoded: unknown
          respond = async (request) => {
            await verify(request)
            const route = protocol.route(model, request)
            if (route === null) throw new Error(`no route for ${request.method} ${request.rawPath}`)
            expect(route.operation.name).toBe(operation.name)
            decoded = protocol.decode(route, request, new Problems())
            return protocol.encodeOutput(model, operation, output, 'request-1')
          }
          const read = await send(operation, input)
          expect(comparable(decoded)).toEqual(comparable(withToken(input, decoded)))
          expect(comparable(read)).toEqual(comparable(output))
        }),
        { numRuns: RUNS },
      )
    },
  )
})

/** The SDK makes an idempotency token where the caller gives none. */
function withToken(input: object, decoded: unknown): object {
  const made = ['ClientRequestToken', 'ClientToken'].flatMap((name) => {
    const token = (decoded as Readonly<Record<string, unknown>>)[name]
    return token === undefined ? [] : [[name, token] as const]
  })
  return { ...Object.fromEntries(made), ...input }
}
