/** Data keys of nodes, made and unwrapped by KMS under the key of their cluster. */
import { parseArn } from '@millrace/aws/arn'
import type { DataKeyOwner, DataKeys } from '@millrace/engine/data-keys'
import type { EncryptionContext, Keys } from '@millrace/services/kms/keys'
import type { Scope } from '@millrace/services/scope'

export function dataKeysOf(keys: Keys): DataKeys {
  return {
    async generate(owner) {
      const { plaintext, ciphertext } = await keys.generateDataKey(owner.keyArn, scopeOf(owner), contextOf(owner))
      return { plaintext, wrapped: ciphertext }
    },
    unwrap: (owner, wrapped) => keys.decryptDataKey(scopeOf(owner), contextOf(owner), wrapped),
  }
}

function contextOf({ clusterArn, nodeId }: DataKeyOwner): EncryptionContext {
  return { 'aws:kafka:cluster-arn': clusterArn, 'aws:kafka:node-id': String(nodeId) }
}

/** A cluster's key is of its own account and region. */
function scopeOf({ keyArn }: DataKeyOwner): Scope {
  const arn = parseArn(keyArn)
  if (arn === null) throw new Error(`${keyArn} is no ARN`)
  return { accountId: arn.accountId, region: arn.region }
}
