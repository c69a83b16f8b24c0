/** What kms, secretsmanager and acm-pca accept and show again, and nothing acts on. For docs/coverage.md. */
import type { FieldWithoutEffect } from '@millrace/aws/coverage'

const onlyRoot = 'an account has root and nobody else whom it could let in or keep out'

export const sealedFieldsWithoutEffect: readonly FieldWithoutEffect[] = [
  { service: 'kms', field: 'Policy', why: onlyRoot },
  { service: 'kms', field: 'BypassPolicyLockoutSafetyCheck', why: 'key policies lock nobody out' },
  { service: 'kms', field: 'GrantTokens', why: 'grants hold at once' },
  { service: 'kms', field: 'CreateGrant', why: onlyRoot },
  { service: 'secretsmanager', field: 'ResourcePolicy', why: onlyRoot },
  { service: 'secretsmanager', field: 'Type', why: 'secrets of other services are not rotated' },
  { service: 'secretsmanager', field: 'RotationToken', why: 'rotation by Lambda is not served' },
  {
    service: 'secretsmanager',
    field: 'ForceOverwriteReplicaSecret',
    why: 'a secret with replicas is refused',
  },
  { service: 'acm-pca', field: 'KeyStorageSecurityStandard', why: 'keys are sealed by the master key' },
  {
    service: 'acm-pca',
    field: 'ApiPassthrough',
    why: 'no template that takes it is served; the others ignore it, as on AWS',
  },
]
