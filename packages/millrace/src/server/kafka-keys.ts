/** KMS keys as the managed service uses them: a customer key under a grant for each cluster. */
import { parseArn } from '@millrace/aws/arn'
import type { KeySource } from '@millrace/msk/at-rest/key-source'
import type { KmsService } from '@millrace/services/kms/kms-service'
import type { ServiceUse } from '@millrace/services/kms/service-grants'

/** What a cluster's key is used for, and so what its grant allows. */
const OPERATIONS = ['DescribeKey', 'GenerateDataKey', 'Decrypt', 'RetireGrant'] as const

/** As the encryption context of every data key of a cluster has it. */
export function clusterContext(clusterArn: string): Readonly<Record<string, string>> {
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
    grant: (keyArn, clusterArn) =>
      grants.create({
        keyArn,
        service: kafkaService(keyArn),
        operations: OPERATIONS,
        encryptionContext: clusterContext(clusterArn),
      }),
    async isGranted(keyArn, clusterArn) {
      const use: Omit<ServiceUse, 'operation'> = {
        keyArn,
        service: kafkaService(keyArn),
        encryptionContext: clusterContext(clusterArn),
      }
      return (
        (await grants.allows({ ...use, operation: 'GenerateDataKey' })) &&
        (await grants.allows({ ...use, operation: 'Decrypt' }))
      )
    },
    retire: (keyArn, grantId) => grants.retire(keyArn, grantId),
  }
}
