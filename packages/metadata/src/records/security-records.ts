/** Records about ACLs, SCRAM credentials and delegation tokens (kafka-records §2). */
import type { Decoded, MessageDefinition } from '@millrace/protocol/definition'

const delegationToken = {
  kind: 'data',
  apiKey: 10,
  name: 'DelegationTokenRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'owner', type: 'string' },
    { name: 'requester', type: 'string' },
    { name: 'renewers', type: '[]string' },
    { name: 'issueTimestamp', type: 'int64' },
    { name: 'maxTimestamp', type: 'int64' },
    { name: 'expirationTimestamp', type: 'int64' },
    { name: 'tokenId', type: 'string' },
  ],
} as const

const userScramCredential = {
  kind: 'data',
  apiKey: 11,
  name: 'UserScramCredentialRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'mechanism', type: 'int8', about: '1 SCRAM-SHA-256, 2 SCRAM-SHA-512' },
    { name: 'salt', type: 'bytes' },
    { name: 'storedKey', type: 'bytes' },
    { name: 'serverKey', type: 'bytes' },
    { name: 'iterations', type: 'int32' },
  ],
} as const

const accessControlEntry = {
  kind: 'data',
  apiKey: 18,
  name: 'AccessControlEntryRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'id', type: 'uuid' },
    { name: 'resourceType', type: 'int8' },
    { name: 'resourceName', type: 'string' },
    { name: 'patternType', type: 'int8' },
    { name: 'principal', type: 'string' },
    { name: 'host', type: 'string' },
    { name: 'operation', type: 'int8' },
    { name: 'permissionType', type: 'int8' },
  ],
} as const

const removeAccessControlEntry = {
  kind: 'data',
  apiKey: 19,
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'id', type: 'uuid' }],
} as const

const removeUserScramCredential = {
  kind: 'data',
  apiKey: 22,
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'mechanism', type: 'int8' },
  ],
} as const

const removeDelegationToken = {
  kind: 'data',
  apiKey: 26,
  name: 'RemoveDelegationTokenRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'tokenId', type: 'string' }],
} as const

export type DelegationTokenRecord = Decoded<typeof delegationToken>
export type UserScramCredentialRecord = Decoded<typeof userScramCredential>
export type AccessControlEntryRecord = Decoded<typeof accessControlEntry>
export type RemoveAccessControlEntryRecord = Decoded<typeof removeAccessControlEntry>
export type RemoveUserScramCredentialRecord = Decoded<typeof removeUserScramCredential>
export type RemoveDelegationTokenRecord = Decoded<typeof removeDelegationToken>

export const securityRecords: readonly MessageDefinition[] = [
  delegationToken,
  userScramCredential,
  accessControlEntry,
  removeAccessControlEntry,
  removeUserScramCredential,
  removeDelegationToken,
]
