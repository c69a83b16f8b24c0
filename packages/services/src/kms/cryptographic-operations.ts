/** Encrypt, decrypt, data keys, random bytes. Keys that Millrace holds for a service are used by that service alone. */
import { randomBytes } from 'node:crypto'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import type { Scope } from '../scope.ts'
import { readHeader } from './ciphertext.ts'
import type { KmsDependencies } from './dependencies.ts'
import { requireCustomerKey, requireEnabled, type Key } from './key.ts'
import { ALGORITHM } from './key-metadata.ts'
import type { Decrypted, KeyRing } from './key-ring.ts'
import type { EncryptionContext } from './keys.ts'

export function cryptographicOperations({ ring }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    Encrypt: async (input, context) => {
      requireSymmetric(input.EncryptionAlgorithm)
      const key = await usable(ring, 'Encrypt', input.KeyId, context)
      stopDryRun(input.DryRun)
      const CiphertextBlob = await ring.encrypt(key, input.Plaintext, input.EncryptionContext ?? {})
      return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM }
    },

    Decrypt: async (input, context) => {
      requireSymmetric(input.EncryptionAlgorithm)
      refuseRecipient(input.Recipient)
      const { CiphertextBlob: ciphertext, KeyId } = input
      if (ciphertext === undefined)
        throw new AwsError('ValidationException', { message: 'CiphertextBlob is required: what is to be decrypted.' })
      const { key, materialId, plaintext } = await decrypt(ring, 'Decrypt', context, {
        ciphertext,
        context: input.EncryptionContext ?? {},
        keyId: KeyId,
      })
      stopDryRun(input.DryRun)
      return { KeyId: key.arn, Plaintext: plaintext, EncryptionAlgorithm: ALGORITHM, KeyMaterialId: materialId }
    },

    ReEncrypt: async (input, context) => {
      requireSymmetric(input.SourceEncryptionAlgorithm)
      requireSymmetric(input.DestinationEncryptionAlgorithm)
      const { CiphertextBlob: ciphertext } = input
      if (ciphertext === undefined)
        throw new AwsError('ValidationException', {
          message: 'CiphertextBlob is required: what is to be encrypted anew.',
        })
      const source = await decrypt(ring, 'ReEncryptFrom', context, {
        ciphertext,
        context: input.SourceEncryptionContext ?? {},
        keyId: input.SourceKeyId,
      })
      const key = await usable(ring, 'ReEncryptTo', input.DestinationKeyId, context)
      stopDryRun(input.DryRun)
      const CiphertextBlob = await ring.encrypt(key, source.plaintext, input.DestinationEncryptionContext ?? {})
      return {
        CiphertextBlob,
        SourceKeyId: source.key.arn,
        KeyId: key.arn,
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
        SourceKeyMaterialId: source.materialId,
        DestinationKeyMaterialId: readHeader(CiphertextBlob).materialId,
      }
    },

    GenerateDataKey: async (input, context) => {
      refuseRecipient(input.Recipient)
      const { plaintext, ...answer } = await dataKey(ring, 'GenerateDataKey', input, context)
      return { ...answer, Plaintext: plaintext }
    },

    GenerateDataKeyWithoutPlaintext: async (input, context) => {
      const { CiphertextBlob, KeyId, KeyMaterialId } = await dataKey(
        ring,
        'GenerateDataKeyWithoutPlaintext',
        { KeySpec: 'AES_256', ...input },
        context,
      )
      return { CiphertextBlob, KeyId, KeyMaterialId }
    },

    GenerateRandom: async (input) => {
      refuseRecipient(input.Recipient)
      if (input.CustomKeyStoreId !== undefined)
        throw new AwsError('UnsupportedOperationException', { message: 'CustomKeyStoreId is not served.' })
      if (input.NumberOfBytes === undefined)
        throw new AwsError('ValidationException', { message: 'NumberOfBytes is required.' })
      return { Plaintext: randomBytes(input.NumberOfBytes) }
    },
  }
}

interface DataKeyRequest {
  readonly KeyId: string
  readonly KeySpec?: string | undefined
  readonly NumberOfBytes?: number | undefined
  readonly EncryptionContext?: EncryptionContext | undefined
  readonly DryRun?: boolean | undefined
}

async function dataKey(
  ring: KeyRing,
  action: string,
  input: DataKeyRequest,
  scope: Scope,
): Promise<{ CiphertextBlob: Buffer; KeyId: string; KeyMaterialId: string; plaintext: Buffer }> {
  const bytes = dataKeyBytes(input)
  const key = await usable(ring, action, input.KeyId, scope)
  stopDryRun(input.DryRun)
  const plaintext = randomBytes(bytes)
  const CiphertextBlob = await ring.encrypt(key, plaintext, input.EncryptionContext ?? {})
  return { CiphertextBlob, KeyId: key.arn, KeyMaterialId: readHeader(CiphertextBlob).materialId, plaintext }
}

function dataKeyBytes({ KeySpec, NumberOfBytes }: DataKeyRequest): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined))
    throw new AwsError('ValidationException', { message: 'Please specify either number of bytes or key spec.' })
  return NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32)
}

/** A customer's key that is enabled. */
async function usable(ring: KeyRing, action: string, reference: string, scope: Scope): Promise<Key> {
  const key = await ring.get(reference, scope)
  requireCustomerKey(key, action)
  requireEnabled(key)
  return key
}

interface DecryptRequest {
  readonly ciphertext: Uint8Array
  readonly context: EncryptionContext
  /** Must be the key that encrypted it, when given. */
  readonly keyId: string | undefined
}

async function decrypt(ring: KeyRing, action: string, scope: Scope, request: DecryptRequest): Promise<Decrypted> {
  if (request.keyId !== undefined) {
    const key = await ring.get(request.keyId, scope)
    if (readHeader(request.ciphertext).keyId !== key.keyId) {
      throw new AwsError('IncorrectKeyException', {
        message: 'The key ID in the request does not identify a CMK that can perform this operation.',
      })
    }
  }
  const decrypted = await ring.decrypt(scope, request.ciphertext, request.context)
  requireCustomerKey(decrypted.key, action)
  return decrypted
}

function requireSymmetric(algorithm: string | undefined): void {
  if (algorithm === undefined || algorithm === ALGORITHM) return
  throw new AwsError('InvalidKeyUsageException', {
    message: `Algorithm ${algorithm} is incompatible with key spec ${ALGORITHM}.`,
  })
}

/** Answers for enclaves that prove themselves by an attestation document. */
function refuseRecipient(recipient: object | undefined): void {
  if (recipient === undefined) return
  throw new AwsError('UnsupportedOperationException', { message: 'Recipient (Nitro Enclaves) is not served.' })
}

function stopDryRun(dryRun: boolean | undefined): void {
  if (dryRun !== true) return
  throw new AwsError('DryRunOperationException', {
    message: 'The request would have succeeded, but the DryRun option is set.',
  })
}
