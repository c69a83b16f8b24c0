/** ec2 behind the front door's Api, in this process, with the SDK's client. */
import { EC2Client } from '@aws-sdk/client-ec2'
import { Api } from '@millrace/aws/api'
import { RootCredentials } from '@millrace/aws/credentials'
import { answerBy } from '@millrace/aws/testing/sdk-round-trip'
import { silentLogger } from '@millrace/base/logger'
import { createEc2Service } from '../ec2/ec2-service.ts'
import type { Networks } from '../ec2/networks.ts'
import { openTestDatabase } from './memory-database.ts'

export interface Ec2World {
  readonly client: EC2Client
  readonly networks: Networks
  /** Signed by another account, for another region. */
  elsewhere(accountId: string, region: string): EC2Client
  close(): Promise<void>
}

/** `path` of a database that stays; in memory without. */
export async function ec2World(path?: string): Promise<Ec2World> {
  const database = await openTestDatabase(path)
  const clock = (): Date => new Date('2026-11-21T12:00:00Z')
  const { service, networks } = await createEc2Service({ database, clock })
  const api = new Api({
    services: [service],
    credentials: new RootCredentials({ acceptTest: true }),
    logger: silentLogger,
    defaultRegion: 'us-east-1',
  })
  const connection = { apiHost: 'localhost', sourceIp: '127.0.0.1', signal: new AbortController().signal }
  const elsewhere = (accessKeyId: string, region: string): EC2Client =>
    new EC2Client({
      region,
      endpoint: 'http://127.0.0.1:4566',
      credentials: { accessKeyId, secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: answerBy((request) => api.handle(request, connection)) as never,
    })
  return { client: elsewhere('test', 'us-east-1'), networks, elsewhere, close: () => database.destroy() }
}
