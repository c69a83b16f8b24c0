import { silentLogger } from '@millrace/base/logger'
import { emptyImage, scramKey, type MetadataImage, type ScramCredential } from '@millrace/metadata/image'
import type { Connection } from '@millrace/network/connection'
import type { RequestServer } from '@millrace/network/request-server'
import { World } from '@millrace/testkit/world'
import { expect, test } from 'vitest'
import type { BrokerConfig } from '../broker-config.ts'
import { BrokerSecurity } from './broker-security.ts'

const SCRAM_SHA_512 = 2

function brokerSecurity(): BrokerSecurity {
  return new BrokerSecurity({
    host: new World({ seed: 1 }).addHost('broker'),
    logger: silentLogger,
    config: { listeners: [], properties: {} } as unknown as BrokerConfig,
    controlPlanePresent: () => true,
  })
}

function imageWith(...users: readonly string[]): MetadataImage {
  const credential = (name: string): ScramCredential => ({
    name,
    mechanism: SCRAM_SHA_512,
    salt: Buffer.alloc(0),
    storedKey: Buffer.alloc(0),
    serverKey: Buffer.alloc(0),
    iterations: 4096,
  })
  return {
    ...emptyImage,
    scramCredentials: new Map(users.map((user) => [scramKey(SCRAM_SHA_512, user), credential(user)])),
  }
}

interface Open {
  readonly principal: string
  readonly credentialId: string | null
  readonly internal?: boolean
}

test('connections of a SCRAM user who is deleted are closed, and no others', () => {
  const open: readonly Open[] = [
    { principal: 'User:alice', credentialId: 'alice' },
    { principal: 'User:bob', credentialId: 'bob' },
    // By certificate: no user of that name has to be there.
    { principal: 'User:alice', credentialId: null },
    { principal: 'IAM:arn:aws:iam::111122223333:user/alice', credentialId: 'AKIAALICE' },
    { principal: 'User:internal', credentialId: 'internal', internal: true },
  ]
  const refused: string[] = []
  const dropped: [Open, string][] = []
  const dropConnections: RequestServer['dropConnections'] = (reasonOf) => {
    for (const one of open) {
      const { principal, credentialId, internal = false } = one
      const authentication = credentialId === null ? null : { credentialId }
      const connection = {
        principal,
        internal,
        authentication,
        refused: ({ kind }: { kind: string }) => refused.push(kind),
      }
      const reason = reasonOf(connection as unknown as Connection)
      if (reason !== null) dropped.push([one, reason])
    }
  }
  const server = { dropConnections } as unknown as RequestServer
  const security = brokerSecurity()
  security.useScramUsers(imageWith('alice', 'bob'), server)
  expect(dropped).toEqual([])
  security.useScramUsers(imageWith('bob'), server)
  expect(dropped).toEqual([[open[0], 'The user alice was deleted.']])
  expect(refused).toEqual(['unknown-user'])
})
