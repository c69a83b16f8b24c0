/** KMS keys as the managed service uses them: a customer key under a grant for each cluster, and for each secret of SCRAM users. */
import { parseArn } from '@millrace/aws/arn'
import type { KeySource, KeyUse } from '@millrace/msk/at-rest/key-source'
import type { EncryptionContext } from '@millrace/services/kms/keys'
import type { KmsService } from '@millrace/services/kms/kms-service'

/** What a key is used for, and so what its grant allows. */
const OPERATIONS: Readonly<Record<KeyUse['for'], readonly string[]>> = {
  storage: ['DescribeKey', 'GenerateDataKey', 'Decrypt', 'RetireGrant'],
  secret: ['DescribeKey', 'Decrypt', 'RetireGrant'],
}

/** Without which a key is of no use. */
const NEEDED: Readonly<Record<KeyUse['for'], readonly string[]>> = {
  storage: ['GenerateDataKey', 'Decrypt'],
  secret: ['Decrypt'],
}

/** As the encryption context of every data key of a cluster has it. */
export function clusterContext(clusterArn: string): EncryptionContext {
  return { 'aws:kafka:cluster-arn': clusterArn }
}

/** The principal of Amazon MSK in grants. */
export function kafkaService(keyArn: string): string {
  return `kafka.${parseArn(keyArn)?.region ?? ''}.amazonaws.com`
}

export function kafkaKeys({ keys, grants }: Pick<KmsService, 'keys' | 'grants'>): KeySource {
  return {
    keyState: (key, scope) => keys.keyState(key, scope),
    subscribe: (listener) => keys.subscribe(listener),
    grant: (keyArn, use) =>
      grants.create({
        keyArn,
        service: kafkaService(keyArn),
        operations: OPERATIONS[use.for],
        encryptionContext: contextOf(use),
      }),
    async isGranted(keyArn, use) {
      const asked = { keyArn, service: kafkaService(keyArn), encryptionContext: contextOf(use) }
      const allowed = await Promise.all(NEEDED[use.for].map((operation) => grants.allows({ ...asked, operation })))
      return allowed.every(Boolean)
    },
    retire: (keyArn, grantId) => grants.retire(keyArn, grantId),
  }
}

/** Secrets Manager binds the data keys of a secret by its ARN. */
function contextOf(use: KeyUse): EncryptionContext {
  return use.for === 'storage' ? clusterContext(use.clusterArn) : { SecretARN: use.secretArn }
}
