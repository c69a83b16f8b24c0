import type { CallContext } from '@millrace/aws/call-context'
import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { isRefusal, noSecret, scramLogin, unfitSecret, unusable } from '../scram/scram-login.ts'
import type { ScramLogin, SecretRefusal } from '../scram/scram-login.ts'
import type { ScramUser } from '../scram/scram-users.ts'
import { grantFor, grantRefusal, releaseGrant, secretKeyArn } from '../scram/secret-key.ts'
import type { AssociatedSecret, Cluster } from '../store/records.ts'
import { checkSecretList, requireScramCluster } from '../validation/scram-secrets.ts'
import type { Dependencies } from './dependencies.ts'

const USERS_PER_CLUSTER_MAX = 1000

/** A secret whose user may log in. */
interface Candidate {
  readonly secretArn: string
  readonly keyArn: string
  readonly login: ScramLogin
}

/** The users in the secrets can log in when this answers. Each secret succeeds or fails on its own. */
export function batchAssociateScramSecret(
  dependencies: Dependencies,
): OperationHandler<'kafka', 'BatchAssociateScramSecret'> {
  const { store, scramTurns } = dependencies
  return async ({ ClusterArn, SecretArnList }, context) => {
    checkSecretList(SecretArnList)
    const cluster = await requireScramCluster(store, ClusterArn, context)
    const unprocessed = await scramTurns.take(ClusterArn, () =>
      associate(dependencies, cluster, SecretArnList, context),
    )
    return {
      ClusterArn,
      UnprocessedScramSecrets: unprocessed.map(({ secretArn, errorCode, errorMessage }) => ({
        SecretArn: secretArn,
        ErrorCode: errorCode,
        ErrorMessage: errorMessage,
      })),
    }
  }
}

type Unprocessed = SecretRefusal & { readonly secretArn: string }

/** What could not be associated. */
async function associate(
  dependencies: Dependencies,
  cluster: Cluster,
  secretArns: readonly string[],
  context: CallContext,
): Promise<readonly Unprocessed[]> {
  const { store, setScramUsers } = dependencies
  const known = await store.associatedSecretsOf(cluster.arn)
  const users = new Map(known.map(({ username, secretArn }) => [username, secretArn]))
  const unprocessed: Unprocessed[] = []
  const taken: Candidate[] = []
  for (const secretArn of new Set(secretArns)) {
    const candidate = await consider(dependencies, secretArn, context)
    if ('errorCode' in candidate) {
      unprocessed.push({ secretArn, ...candidate })
      continue
    }
    const { username } = candidate.login
    const owner = users.get(username)
    if (owner !== undefined && owner !== candidate.secretArn) {
      const errorMessage = `The user ${username} is in another secret of this cluster: ${owner}.`
      unprocessed.push({ secretArn, errorCode: 'InvalidSecretArn', errorMessage })
      continue
    }
    users.set(username, candidate.secretArn)
    if (users.size > USERS_PER_CLUSTER_MAX) {
      throw badRequest({
        message: `A cluster has at most ${USERS_PER_CLUSTER_MAX} SCRAM users.`,
        invalidParameter: 'secretArnList',
      })
    }
    // One secret may be named twice, with and without its random suffix.
    if (!taken.some((one) => one.secretArn === candidate.secretArn)) taken.push(candidate)
  }
  const logins: ScramUser[] = taken.map(({ login: { username, password } }) => ({ name: username, password }))
  await bringAbout(dependencies, { clusterArn: cluster.arn, taken, known }, () => setScramUsers(cluster, logins))
  return unprocessed
}

/** Who may not use the key of a secret learns nothing of its value. */
async function consider(
  { secrets, keys, keyTarget }: Dependencies,
  arn: string,
  context: CallContext,
): Promise<Candidate | SecretRefusal> {
  const secret = await secrets.readSecret(arn, context)
  if (secret === null) return noSecret
  const unfit = unfitSecret(secret)
  if (unfit !== null) return unfit
  const keyArn = await secretKeyArn(keys, secret, context)
  if (keyArn === null) return unusable(`its KMS key ${secret.kmsKeyId} does not exist`)
  const refusal = await grantRefusal(keyTarget, keyArn, context)
  if (refusal !== null) return refusal
  const login = scramLogin(secret)
  return isRefusal(login) ? login : { secretArn: secret.arn, keyArn, login }
}

/** Written down first, as not yet brought about: should this process end in between, the next one makes up for it. */
async function bringAbout(
  { store, keys }: Dependencies,
  wanted: {
    readonly clusterArn: string
    readonly taken: readonly Candidate[]
    readonly known: readonly AssociatedSecret[]
  },
  set: () => Promise<void>,
): Promise<void> {
  const { clusterArn, taken } = wanted
  const known = new Map(wanted.known.map((one) => [one.secretArn, one]))
  if (taken.length === 0) return
  const associated: AssociatedSecret[] = []
  try {
    for (const { secretArn, keyArn, login } of taken) {
      const grant = await grantFor(keys, secretArn, keyArn, known.get(secretArn)?.grant ?? null)
      const { username, versionId } = login
      associated.push({ clusterArn, secretArn, username, versionId, grant })
      await store.putAssociatedSecret({ clusterArn, secretArn, username, versionId: null, grant })
    }
    await set()
  } catch (error) {
    for (const { secretArn, grant } of associated) {
      const before = known.get(secretArn)
      if (before === undefined) await store.deleteAssociatedSecret(clusterArn, secretArn)
      else await store.putAssociatedSecret(before)
      if (grant?.grantId !== before?.grant?.grantId) await releaseGrant(keys, grant)
    }
    throw error
  }
  for (const one of associated) {
    await store.putAssociatedSecret(one)
    const before = known.get(one.secretArn)?.grant ?? null
    if (before?.grantId !== one.grant?.grantId) await releaseGrant(keys, before)
  }
}
