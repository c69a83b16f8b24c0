/** kms and secretsmanager behind the front door's Api, in this process, with the SDK's clients and a clock of the test's. */
import { KMSClient } from '@aws-sdk/client-kms'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Api } from '@millrace/aws/api'
import { RootCredentials } from '@millrace/aws/credentials'
import { answerBy } from '@millrace/aws/testing/sdk-round-trip'
import { silentLogger } from '@millrace/base/logger'
import { IamStore } from '../iam/iam-store.ts'
import { principalNames } from '../iam/principal-names.ts'
import { createKmsService, type KmsService } from '../kms/kms-service.ts'
import { createSecretsManagerService, type SecretsManagerService } from '../secretsmanager/secretsmanager-service.ts'
import type { Database } from '../store/database.ts'
import { openTestDatabase } from './memory-database.ts'

export const scope = { accountId: '000000000000', region: 'us-east-1' } as const

export interface SealedWorld {
  readonly database: Database
  readonly kms: KmsService
  readonly secretsManager: SecretsManagerService
  readonly kmsClient: KMSClient
  readonly secretsClient: SecretsManagerClient
  /** Signed by another account, for another region. */
  elsewhere(accountId: string, region: string): { readonly kms: KMSClient; readonly secrets: SecretsManagerClient }
  /** Moves the clock. */
  later(days: number): void
  close(): Promise<void>
}

export async function sealedWorld(path?: string): Promise<SealedWorld> {
  let nowMs = Date.parse('2026-11-21T12:00:00Z')
  const clock = (): Date => new Date(nowMs)
  const database = await openTestDatabase(path)
  // Nobody but roots.
  const names = principalNames(await IamStore.open(database, Buffer.alloc(32, 7)))
  const kms = createKmsService({ database, masterKey: Buffer.alloc(32, 7), names, clock })
  const { keys, keyTarget } = kms
  const secretsManager = createSecretsManagerService({ database, keys, keyTarget, names, clock })
  const api = new Api({
    services: [kms.service, secretsManager.service],
    credentials: new RootCredentials({ acceptTest: true }),
    logger: silentLogger,
    defaultRegion: scope.region,
  })
  const connection = { apiHost: 'localhost', sourceIp: '127.0.0.1', signal: new AbortController().signal }
  const settings = (accessKeyId: string, region: string) => ({
    region,
    endpoint: 'http://127.0.0.1:4566',
    credentials: { accessKeyId, secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: answerBy((request) => api.handle(request, connection)) as never,
  })
  return {
    database,
    kms,
    secretsManager,
    kmsClient: new KMSClient(settings('test', scope.region)),
    secretsClient: new SecretsManagerClient(settings('test', scope.region)),
    elsewhere: (accountId, region) => ({
      kms: new KMSClient(settings(accountId, region)),
      secrets: new SecretsManagerClient(settings(accountId, region)),
    }),
    later: (days) => void (nowMs += days * 86_400_000),
    close: () => database.destroy(),
  }
}
