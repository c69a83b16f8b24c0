/** iam, sts, kms and secretsmanager behind the front door's Api, in this process, with the SDK's clients and a clock of the test's. */
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { Api } from '@millrace/aws/api'
import type { ApiCallEvent } from '@millrace/aws/audit'
import { RootCredentials } from '@millrace/aws/credentials'
import { answerBy } from '@millrace/aws/testing/sdk-round-trip'
import { silentLogger } from '@millrace/base/logger'
import { createIamService } from '../iam/iam-service.ts'
import { openIdentity, type Identity } from '../iam/identity.ts'
import { createKmsService } from '../kms/kms-service.ts'
import { createSecretsManagerService } from '../secretsmanager/secretsmanager-service.ts'
import type { Database } from '../store/database.ts'
import { AuthorizationMessages } from '../sts/authorization-messages.ts'
import { createStsService } from '../sts/sts-service.ts'
import { openTestDatabase } from './memory-database.ts'

export interface Keys {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
}

export interface Clients {
  readonly iam: IAMClient
  readonly sts: STSClient
  readonly kms: KMSClient
  readonly secrets: SecretsManagerClient
}

export interface IdentityWorld {
  readonly database: Database
  readonly identity: Identity
  readonly events: ApiCallEvent[]
  /** Of account 000000000000. */
  readonly root: Clients
  as(keys: Keys): Clients
  /** Moves the clock. */
  later(seconds: number): void
  close(): Promise<void>
}

export async function identityWorld(database?: Database): Promise<IdentityWorld> {
  // Of this moment, because the SDK's clients sign with the real clock.
  let ahead = 0
  const clock = (): Date => new Date(Date.now() + ahead)
  const opened = database ?? (await openTestDatabase())
  const masterKey = Buffer.alloc(32, 7)
  const root = new RootCredentials({ acceptTest: true })
  const identity = await openIdentity({ database: opened, masterKey, root, clock })
  const iam = createIamService({ identity, root, accountCreated: new Date(0), clock })
  const kms = createKmsService({ database: opened, masterKey, names: identity.names, clock })
  const { keys, keyTarget } = kms
  const { names } = identity
  const secrets = createSecretsManagerService({ database: opened, keys, keyTarget, names, clock })
  const events: ApiCallEvent[] = []
  const api = new Api({
    services: [
      iam.service,
      createStsService({ identity, messages: new AuthorizationMessages(masterKey), clock }),
      kms.service,
      secrets.service,
    ],
    credentials: identity.directory,
    logger: silentLogger,
    defaultRegion: 'us-east-1',
    now: () => clock().getTime(),
    audit: (event) => void events.push(event),
  })
  const connection = { apiHost: 'localhost', sourceIp: '127.0.0.1', signal: new AbortController().signal }
  const as = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken }: Keys): Clients => {
    const settings = {
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:4566',
      systemClockOffset: ahead,
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
      },
      maxAttempts: 1,
      requestHandler: answerBy((request) => api.handle(request, connection)) as never,
    }
    return {
      iam: new IAMClient(settings),
      sts: new STSClient(settings),
      kms: new KMSClient(settings),
      secrets: new SecretsManagerClient(settings),
    }
  }
  return {
    database: opened,
    identity,
    events,
    root: as({ AccessKeyId: 'test', SecretAccessKey: 'test' }),
    as,
    later: (seconds) => void (ahead += seconds * 1000),
    close: () => opened.destroy(),
  }
}

export function policy(...statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })),
  })
}

/** The trust policy that lets one principal, or an account, assume a role. */
export function trust(AWS: string, more: object = {}): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole', ...more }],
  })
}
