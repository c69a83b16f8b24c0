/** Data keys of nodes, made and unwrapped by KMS under the key of their cluster. */
import { parseArn } from '@millrace/aws/arn'
import type { DataKeyOwner, DataKeys } from '@millrace/engine/data-keys'
import type { EncryptionContext } from '@millrace/services/kms/keys'
import type { KmsService } from '@millrace/services/kms/kms-service'
import type { Scope } from '@millrace/services/scope'
import { clusterContext, kafkaService } from './kafka-keys.ts'

export function dataKeysOf({ keys, grants }: Pick<KmsService, 'keys' | 'grants'>): DataKeys {
  const requireGrant = async (owner: DataKeyOwner, operation: string): Promise<void> => {
    const { keyArn, underGrant = false } = owner
    if (!underGrant) return
    const use = { keyArn, service: kafkaService(keyArn), operation, encryptionContext: contextOf(owner) }
    if (!(await grants.allows(use)))
      throw new Error(`no grant lets Amazon MSK use the KMS key ${keyArn} (${operation})`)
  }
  return {
    async generate(owner) {
      await requireGrant(owner, 'GenerateDataKey')
      const { plaintext, ciphertext } = await keys.generateDataKey(owner.keyArn, scopeOf(owner), contextOf(owner))
      return { plaintext, wrapped: ciphertext }
    },
    async unwrap(owner, wrapped) {
      await requireGrant(owner, 'Decrypt')
      return keys.decryptDataKey(scopeOf(owner), contextOf(owner), wrapped)
    },
  }
}

function contextOf({ clusterArn, nodeId }: DataKeyOwner): EncryptionContext {
  return { ...clusterContext(clusterArn), 'aws:kafka:node-id': String(nodeId) }
}

/** A cluster's key is of its own account and region. */
function scopeOf({ keyArn }: DataKeyOwner): Scope {
  const arn = parseArn(keyArn)
  if (arn === null) throw new Error(`${keyArn} is no ARN`)
  return { accountId: arn.accountId, region: arn.region }
}
