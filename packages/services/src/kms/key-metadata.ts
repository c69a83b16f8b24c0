import type { KeyMetadata } from '@aws-sdk/client-kms'
import type { Validated } from '@millrace/aws/operation-types'
import { currentMaterial, statusOf, type Key } from './key.ts'

/** The one algorithm of symmetric keys. */
export const ALGORITHM = 'SYMMETRIC_DEFAULT'

/** A key as DescribeKey and CreateKey show it. */
export function keyMetadata(key: Key): Validated<KeyMetadata> {
  const { deletion } = key
  return {
    AWSAccountId: key.accountId,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    ...statusOf(key),
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeySpec: ALGORITHM,
    CustomerMasterKeySpec: ALGORITHM,
    EncryptionAlgorithms: [ALGORITHM],
    KeyManager: key.manager,
    Origin: 'AWS_KMS',
    MultiRegion: false,
    CurrentKeyMaterialId: currentMaterial(key).id,
    // AWS tells the window only of multi-Region keys.
    ...(deletion === null ? {} : { DeletionDate: new Date(deletion.at) }),
  }
}
