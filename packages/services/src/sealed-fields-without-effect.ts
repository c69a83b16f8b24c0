/** What iam, kms, secretsmanager and acm-pca accept and show again, and nothing acts on. For docs/coverage.md. */
import type { FieldWithoutEffect } from '@millrace/aws/coverage'

export const sealedFieldsWithoutEffect: readonly FieldWithoutEffect[] = [
  { service: 'iam', field: 'PolicyExclusionList', why: 'a simulation takes all policies of its principal' },
  { service: 'iam', field: 'OrderedOrganizationPolicyInputList', why: 'there are no organizations' },
  { service: 'iam', field: 'ResourceHandlingOption', why: 'instances are not served' },
  { service: 'kms', field: 'GrantTokens', why: 'grants hold at once' },
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
