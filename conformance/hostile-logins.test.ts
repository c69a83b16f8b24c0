/**
 * Nobody gets in who should not: logins that are tampered with, replayed or oversized, clients that pose as a broker, follower
 * or controller, downgrades, strangers at the internal calls; and no secret in any log, process list or error.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { apiByKey } from '@millrace/protocol/apis'
import type { Encodable, RequestDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import { fetchRequest } from '@millrace/protocol/messages/01-fetch'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import { brokerRegistrationRequest } from '@millrace/protocol/messages/62-broker-registration'
import { clientFinalMessage, clientFirstMessage, parseServerFirst, saltedPassword } from '@millrace/protocol/sasl/scram'
import { KafkaExchange, NoAnswer } from 'millrace/doctor/kafka-exchange'
import { logIn } from 'millrace/doctor/log-in'
import { openTcp, openTls } from 'millrace/doctor/open-address'
import { signedCall } from 'millrace/signed-call'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { ALICE, MECHANISM, PATIENCE_MS, buildCastle, type Castle, type Port } from './harness/castle.ts'
import type { MillraceProcess } from './harness/millrace.ts'
import { nodeProcesses } from './harness/processes.ts'
import { runOk } from './harness/run.ts'

const aws = judge('aws')
const LIST_CLUSTERS = { service: 'kafka', method: 'GET', path: '/v1/clusters' }

let castle: Castle
let millrace: MillraceProcess
let dataDirectory: string
beforeAll(async () => {
  castle = await buildCastle()
  ;({ millrace } = castle)
  ;({ dataDirectory } = millrace)
}, 120_000)
afterAll(() => castle?.stop())

const secureExchange = (port: Port): Promise<KafkaExchange> => castle.exchange(port)
/** How the server ends a conversation that it does not want. */
async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'answered'
  } catch (error) {
    if (error instanceof NoAnswer) return error.how
    throw error
  }
}
const say = async (exchange: KafkaExchange, token: string | Buffer) =>
  exchange.ask(saslAuthenticateRequest, saslAuthenticateResponse, 1, { authBytes: Buffer.from(token) })
const handshake = async (exchange: KafkaExchange): Promise<void> => {
  const { errorCode } = await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: MECHANISM })
  expect(errorCode).toBe(ErrorCode.NONE)
}
const listTopics = (exchange: KafkaExchange) =>
  exchange.ask(metadataRequest, metadataResponse, 4, { topics: null, allowAutoTopicCreation: false })

describe('a login', () => {
  /** A client-final message as it should be, for the server's first one. */
  const final = (nonce: string, serverFirst: string, { user, password } = ALICE): string => {
    const server = parseServerFirst(serverFirst, nonce)
    return clientFinalMessage(user, nonce, server, saltedPassword(password, server.salt, server.iterations)).message
  }
  const begin = async (nonce = 'fresh', user = ALICE.user): Promise<[KafkaExchange, string]> => {
    const exchange = await secureExchange(castle.scram)
    await handshake(exchange)
    const { authBytes } = await say(exchange, clientFirstMessage(user, nonce))
    return [exchange, authBytes.toString()]
  }

  it('that is as it should be lets in, and nothing that was changed on the way does', async () => {
    const good = await secureExchange(castle.scram)
    await logIn(good, MECHANISM, ALICE)
    expect((await listTopics(good)).topics.map(({ name }) => name)).toContain('treasure')
    good.close()
    const tampered: ((nonce: string, serverFirst: string) => string)[] = [
      // One bit of the proof; another nonce; a binding to a channel that is none; another password; nothing at all.
      (nonce, first) => final(nonce, first).replace(/p=(.)/, (_, char: string) => `p=${char === 'A' ? 'B' : 'A'}`),
      (nonce, first) => final(nonce, first).replace(/r=(.)/, 'r=x'),
      (nonce, first) => final(nonce, first).replace('c=biws', 'c=cD10bHMtdW5pcXVlLCw='),
      (nonce, first) => final(nonce, first, { ...ALICE, password: 'incorrect-horse' }),
      () => '',
    ]
    for (const change of tampered) {
      const [exchange, serverFirst] = await begin()
      const { errorCode, authBytes } = await say(exchange, change('fresh', serverFirst))
      expect(errorCode).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
      expect(authBytes).toHaveLength(0)
      expect(await endOf(listTopics(exchange))).toBe('closed')
    }
  })

  it('that was heard on the wire is of no use a second time', async () => {
    const [first, serverFirst] = await begin('same-nonce')
    const heard = final('same-nonce', serverFirst)
    expect((await say(first, heard)).errorCode).toBe(ErrorCode.NONE)
    const [second] = await begin('same-nonce')
    expect((await say(second, heard)).errorCode).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
    first.close()
  })

  it('tells nobody which users there are', async () => {
    const answers = []
    for (const user of ['alice', 'mallory']) {
      const [exchange, serverFirst] = await begin('nonce', user)
      const [again, serverFirstAgain] = await begin('nonce', user)
      const salt = /s=([^,]+),(i=\d+)$/.exec(serverFirst)
      // The salt of somebody who does not exist stays the same, as that of one who does.
      expect(/s=([^,]+),/.exec(serverFirstAgain)?.[1]).toBe(salt?.[1])
      const { errorCode, errorMessage } = await say(exchange, final('nonce', serverFirst, { user, password: 'wrong' }))
      answers.push([errorCode, errorMessage, salt?.[2]])
      again.close()
    }
    expect(answers[0]).toEqual(answers[1])
  })

  it('comes before everything else', async () => {
    for (const definition of [metadataRequest, fetchRequest, apiByKey(0)?.request, apiByKey(19)?.request]) {
      const exchange = await secureExchange(castle.scram)
      const response = apiByKey(definition?.apiKey ?? -1)?.response ?? metadataResponse
      const body = { topics: [], responses: [], topicData: [], maxWaitMs: 0, minBytes: 0, acks: 1, timeoutMs: 1000 }
      const request = definition as RequestDefinition
      expect(await endOf(exchange.ask(request, response, 4, body as unknown as Encodable<RequestDefinition>))).toBe(
        'closed',
      )
    }
  })

  it('of more than 512 KiB is refused by its size alone, and a large one by its content', async () => {
    const oversized = await secureExchange(castle.scram)
    await handshake(oversized)
    expect(await endOf(say(oversized, Buffer.alloc(600_000, 0x61)))).toBe('closed')
    const large = await secureExchange(castle.scram)
    await handshake(large)
    expect((await say(large, Buffer.alloc(500_000, 0x61))).errorCode).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
    large.close()
  })
})

describe('a downgrade', () => {
  it('to plaintext is no way in', async () => {
    for (const port of [castle.tls, castle.scram]) {
      const exchange = new KafkaExchange(await openTcp(port, PATIENCE_MS), PATIENCE_MS)
      expect(await endOf(exchange.ask(apiVersionsRequest, apiVersionsResponse, 0, {}))).not.toBe('answered')
    }
  })

  it('to TLS 1.1 is none either, nor to a mechanism that shows the password', async () => {
    const code = await new Promise((resolve) => {
      const socket = connectTls({
        ...castle.tls,
        ca: castle.caPem,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      socket.on('secureConnect', () => resolve('let in'))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    expect(code).toMatch(/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE/)
    const exchange = await secureExchange(castle.scram)
    const answer = await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: 'PLAIN' })
    expect(answer).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: [MECHANISM] })
    expect(await endOf(say(exchange, '\0alice\0x'))).toBe('closed')
  })
})

describe('a client that poses as a node', () => {
  /** Raw bytes, and whether anything but the end came back. */
  const answered = async (port: Port, frame: readonly Buffer[]): Promise<boolean> => {
    const socket = await openTcp(port, PATIENCE_MS)
    const opened = await openTls(socket, port.host, { ca: [castle.caPem], client: null }, PATIENCE_MS)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        opened.socket.destroy()
        resolve(false)
      }, 2_000)
      opened.socket.on('data', () => {
        clearTimeout(timer)
        resolve(true)
      })
      opened.socket.on('close', () => {
        clearTimeout(timer)
        resolve(false)
      })
      for (const chunk of frame) opened.socket.write(chunk)
    })
  }
  /** Of every API that only nodes may call: the header, and a body that no guard should ever come to. */
  const NODE_APIS = [4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 83, 84, 85, 86, 87]
  const rawFrame = (apiKey: number): Buffer[] => {
    const frame = Buffer.alloc(60)
    frame.writeInt32BE(56, 0)
    frame.writeInt16BE(apiKey, 4)
    frame.writeInt32BE(1, 8)
    frame.writeInt16BE(-1, 12)
    return [frame]
  }
  /** Before version 15 a follower says its id at the top, from then on with its epoch. */
  const follower = (version: number): Buffer[] => {
    const who = version < 15 ? { replicaId: 2 } : { replicaState: { replicaId: 2, replicaEpoch: 5 } }
    const body = { ...who, maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, topics: [] }
    const header = { correlationId: 1, clientId: 'broker-2-fetcher-0' }
    return encodeRequestFrame(fetchRequest, version, header, body as unknown as Encodable<typeof fetchRequest>)
  }

  it('gets no answer on a client listener: neither as a broker nor as a controller nor as a follower', async () => {
    for (const apiKey of NODE_APIS)
      expect([apiKey, await answered(castle.tls, rawFrame(apiKey))]).toEqual([apiKey, false])
    for (const version of [11, 12, 15]) expect(await answered(castle.tls, follower(version))).toBe(false)
    const { stdout } = await millrace.cli('why', '--last', '5m', '--json')
    expect(stdout).toContain('"kind":"inter-broker"')
  }, 60_000)

  it('gets none on the internal listeners without the secret, and cannot guess it', async () => {
    const registration = encodeRequestFrame(
      brokerRegistrationRequest,
      0,
      { correlationId: 1, clientId: 'broker-9' },
      { brokerId: 9, clusterId: 'x', incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA', listeners: [], features: [], rack: null },
    )
    for (const port of castle.internal) {
      expect(await answered(port, registration)).toBe(false)
      expect(await answered(port, follower(12))).toBe(false)
      expect(await answered(port, rawFrame(3))).toBe(false)
      const exchange = await secureExchange(port)
      await expect(logIn(exchange, MECHANISM, { user: 'internal', password: 'internal' })).rejects.toThrow(/invalid/)
      const user = await secureExchange(port)
      await expect(logIn(user, MECHANISM, ALICE)).rejects.toThrow(/invalid/)
    }
    const [topic] = await castle.admin.describeTopics(['treasure'])
    expect(topic?.partitions[0]?.isr).toHaveLength(3)
    expect((await castle.admin.describeCluster()).brokers.map(({ id }) => id)).toEqual([1, 2, 3])
  }, 60_000)
})

describe('the internal calls of the control plane', () => {
  const call = (path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${millrace.endpoint}${path}`, { method, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('error', reject)
      request.end()
    })
  const token = (): string => readFileSync(join(dataDirectory, 'token'), 'utf8').trim()
  const CALLS = [
    ['GET', '/_millrace/status'],
    ['GET', '/_millrace/why?lastMs=1000'],
    ['POST', '/_millrace/acls'],
    ['GET', '/_millrace/admin-access?cluster=x'],
    ['POST', '/_millrace/stop'],
  ] as const

  it('answer nobody without the token, which only its owner can read', async () => {
    for (const [method, path] of CALLS) {
      for (const authorization of ['', 'Bearer ', 'Bearer wrong', `Basic ${token()}`, `Bearer ${token()}x`]) {
        const status = await call(path, authorization === '' ? {} : { authorization }, method)
        expect([path, authorization, status]).toEqual([path, authorization, expect.toBeOneOf([401, 403])])
      }
    }
    expect(await call('/_millrace/status', { authorization: `Bearer ${token()}` })).toBe(200)
    for (const file of ['token', 'secrets']) expect(statSync(join(dataDirectory, file)).mode & 0o077).toBe(0)
  })

  it('answer no web page and no foreign name, even with the token', async () => {
    const authorization = `Bearer ${token()}`
    const foreign: Readonly<Record<string, string>>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { host: 'evil.example' },
      { host: 'localhost.evil.example:4566' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const [method, path] of CALLS) {
      for (const headers of foreign)
        expect([path, headers, await call(path, { authorization, ...headers }, method)]).toEqual([path, headers, 403])
    }
  })

  it("a node's control socket obeys nobody who does not prove that it read node.json", async () => {
    const [node] = nodeProcesses(dataDirectory)
    const identityFile = join(node?.directory ?? '', 'node.json')
    expect(statSync(identityFile).mode & 0o077).toBe(0)
    const { controlSocket } = JSON.parse(readFileSync(identityFile, 'utf8')) as { controlSocket: string }
    expect(statSync(controlSocket).mode & 0o077).toBe(0)
    for (const message of [
      { kind: 'stop', controlled: false },
      { kind: 'prove', nonce: 'guessed' },
      { kind: 'refusals' },
    ]) {
      const said = await new Promise<string>((resolve) => {
        let text = ''
        const socket = connectTcp(controlSocket, () => socket.write(`${JSON.stringify(message)}\n`))
        socket.on('data', (bytes) => (text += String(bytes)))
        socket.on('error', () => {})
        socket.on('close', () => resolve(text))
      })
      expect(said).toBe('')
    }
    expect(nodeProcesses(dataDirectory).map(({ pid }) => pid)).toContain(node?.pid)
  })
})

describe('secrets', () => {
  it.skipIf(aws === null)(
    'appear in no log, process list or error',
    async () => {
      const secretValue = 'sesame-open-yourself-7741'
      const environment = millrace.environment
      const access = { endpoint: millrace.endpoint, region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' }
      const secretsManager = (operation: string, body: object): Promise<unknown> =>
        signedCall(access, {
          service: 'secretsmanager',
          method: 'POST',
          path: '/',
          body,
          headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${operation}` },
        })
      const secret = { Name: 'AmazonMSK_cave', SecretString: `{"username":"ali","password":"${secretValue}"}` }
      expect(JSON.stringify(await secretsManager('CreateSecret', secret))).not.toContain(secretValue)
      const user = ['--user-name', 'forty-thieves']
      await runOk('aws', ['iam', 'create-user', ...user], { environment })
      const key = await runOk('aws', ['iam', 'create-access-key', ...user, '--output', 'json'], { environment })
      const { AccessKey } = JSON.parse(key.stdout) as { AccessKey: { AccessKeyId: string; SecretAccessKey: string } }
      // Errors on the way: a wrong key, a forbidden call, a secret that is there already, none that is there, a bad name.
      const as = (secretAccessKey: string): Promise<unknown> =>
        signedCall({ ...access, accessKeyId: AccessKey.AccessKeyId, secretAccessKey }, LIST_CLUSTERS)
      const errors = await Promise.all(
        [
          as('wrong'),
          as(AccessKey.SecretAccessKey),
          secretsManager('CreateSecret', secret),
          secretsManager('PutSecretValue', { SecretId: 'nothing', SecretString: secretValue }),
          secretsManager('CreateSecret', { Name: 'x'.repeat(600), SecretString: secretValue }),
        ].map((call) =>
          call.then(
            () => 'let through',
            (error: Error) => `${error.message} ${error.stack ?? ''}`,
          ),
        ),
      )
      expect(errors).not.toContain('let through')
      const exchange = await secureExchange(castle.scram)
      await expect(logIn(exchange, MECHANISM, { ...ALICE, password: 'wrong-but-secret-too' })).rejects.toThrow(
        /invalid/,
      )
      const token = readFileSync(join(dataDirectory, 'token'), 'utf8').trim()
      const nodes = nodeProcesses(dataDirectory)
      const privateKeys = readdirSync(join(dataDirectory, 'secrets')).flatMap((file) => {
        const { tls: shown } = JSON.parse(readFileSync(join(dataDirectory, 'secrets', file), 'utf8')) as {
          tls?: { keyPem: string }
        }
        return shown === undefined ? [] : [shown.keyPem.split('\n')[1] ?? '']
      })
      expect(privateKeys[0]?.length).toBeGreaterThan(40)
      const secrets = [
        secretValue,
        ALICE.password,
        'wrong-but-secret-too',
        AccessKey.SecretAccessKey,
        castle.internalSecret,
        token,
        ...privateKeys,
      ]
      const places = new Map<string, string>()
      for (const name of readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })) {
        if (/\.(log|log\.\d+|jsonl|stderr|err)$/.test(name) && !/-\d+\/0{20}\.log$/.test(name))
          places.set(name, readFileSync(join(dataDirectory, name), 'latin1'))
      }
      for (const pid of [...nodes.map((node) => node.pid), millrace.process.pid ?? 0]) {
        for (const file of ['cmdline', 'environ'])
          places.set(`${pid} ${file}`, readFileSync(`/proc/${pid}/${file}`, 'latin1'))
      }
      errors.forEach((words, index) => places.set(`error ${index}`, words))
      places.set('why', (await millrace.cli('why', '--last', '1h', '--json')).stdout)
      expect([...places.keys()].some((name) => name.includes('millrace.log'))).toBe(true)
      expect([...places.keys()].some((name) => name.includes('broker-1.log'))).toBe(true)
      expect(places.get(join('audit', 'audit.jsonl'))).toContain('CreateAccessKey')
      const found = [...places].flatMap(([place, text]) =>
        secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 12)}… in ${place}`),
      )
      expect(found).toEqual([])
    },
    60_000,
  )
})
