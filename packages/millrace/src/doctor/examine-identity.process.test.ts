/** What an AWS API says of a key, in its own words. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { examineIdentity } from './examine-identity.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function answering(status: number, body: string, date = new Date()): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { date: date.toUTCString(), connection: 'close' }).end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const credentials = { accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't', source: 'the environment' }
const ask = (endpoint: string) =>
  examineIdentity({ signer: { credentials, region: 'us-east-1' }, endpoint, timeoutMs: 2_000, nowMs: Date.now })
const refusal = (code: string): string => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`

test.each([
  ['ExpiredToken', 'a session that has ended', 'new temporary credentials'],
  ['InvalidClientTokenId', 'nobody’s', 'AWS_SESSION_TOKEN'],
  ['SignatureDoesNotMatch', 'another one', 'secret'],
  ['SomethingElse', 'is refused by', 'aws sts get-caller-identity'],
])('%s', async (code, seen, next) => {
  const verdict = await ask(await answering(403, refusal(code)))
  expect(verdict).toMatchObject({ ok: false, arn: null })
  expect(verdict.seen).toContain(seen)
  expect(verdict.seen).toContain(`(${code})`)
  expect(verdict.next).toContain(next)
})

test('a good key is told by its owner', async () => {
  const answer = '<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn></GetCallerIdentityResult>'
  const verdict = await ask(await answering(200, answer))
  expect(verdict).toMatchObject({ ok: true, arn: 'arn:aws:iam::1:user/a' })
  expect(verdict.next).toContain('kafka-cluster:Connect')
})

test('a clock that is off comes before everything else', async () => {
  const verdict = await ask(await answering(403, refusal('SignatureDoesNotMatch'), new Date(Date.now() + 1_800_000)))
  expect(verdict.seen).toMatch(/30 minutes behind/)
})

test('nobody who answers is no fault of the key', async () => {
  expect(await ask('http://127.0.0.1:1')).toMatchObject({ ok: true, arn: null, next: null })
})
