/**
 * The KMS key of a secret that holds a SCRAM user. Who associates the secret must be allowed to have the managed service use
 * its key, which it then does under a grant for this secret; without one a new value of the secret cannot be read. What was
 * read before stays: Kafka keeps the user, as on MSK, until the secret is associated anew or its association ends. Source:
 * the dependent actions of BatchAssociateScramSecret in the service authorization reference, and "Set up SASL/SCRAM
 * authentication" of the MSK developer guide.
 */
import type { CallContext } from '@millrace/aws/call-context'
import type { Scope } from '../arns.ts'
import type { KeySource, KeyUse } from '../at-rest/key-source.ts'
import { grantTargets, type KeyTargetSource } from '../security/targets.ts'
import type { AssociatedSecret, SecretGrant } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type SecretRefusal, unusable } from './scram-login.ts'
import type { SecretReading } from './secret-source.ts'

/** Null: the secret has no key of its own, or one that is gone. */
export async function secretKeyArn(keys: KeySource, secret: SecretReading, scope: Scope): Promise<string | null> {
  if (secret.kmsKeyId === null) return null
  return (await keys.keyState(secret.kmsKeyId, scope))?.arn ?? null
}

/** Why the caller may not have a grant made on the key; null: it may. */
export async function grantRefusal(
  keyTarget: KeyTargetSource | null,
  keyArn: string,
  { principal, region, whyNot }: CallContext,
): Promise<SecretRefusal | null> {
  if (keyTarget === null) return null
  const caller = { accountId: principal.accountId, region }
  for (const target of grantTargets(await keyTarget(keyArn, caller, null), caller)) {
    const why = whyNot(target)
    if (why !== null) return unusable(why)
  }
  return null
}

/** One that is there and still good is kept. */
export async function grantFor(
  keys: KeySource,
  secretArn: string,
  keyArn: string,
  known: SecretGrant | null,
): Promise<SecretGrant | null> {
  if (known?.keyArn === keyArn && (await keys.isGranted(keyArn, reading(secretArn)))) return known
  const grantId = await keys.grant(keyArn, reading(secretArn))
  return grantId === null ? null : { keyArn, grantId }
}

/** Whether the managed service may read the secret. */
export async function mayRead(
  keys: KeySource,
  { grant, secretArn }: AssociatedSecret,
  secret: SecretReading,
  scope: Scope,
): Promise<boolean> {
  if (grant === null) return true
  const keyArn = await secretKeyArn(keys, secret, scope)
  return keyArn !== null && keys.isGranted(keyArn, reading(secretArn))
}

/** The association has ended. */
export async function releaseGrant(keys: KeySource, grant: SecretGrant | null): Promise<void> {
  if (grant !== null) await keys.retire(grant.keyArn, grant.grantId)
}

/** The cluster is gone, and its associations with it. */
export async function releaseGrants(keys: KeySource, store: Store, clusterArn: string): Promise<void> {
  for (const { grant } of await store.associatedSecretsOf(clusterArn)) await releaseGrant(keys, grant)
}

function reading(secretArn: string): KeyUse {
  return { for: 'secret', secretArn }
}
