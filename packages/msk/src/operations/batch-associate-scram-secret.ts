import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { isRefusal, scramLogin, type SecretRefusal } from '../scram/scram-login.ts'
import type { ScramUser } from '../scram/scram-users.ts'
import type { AssociatedSecret } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { checkSecretList, requireScramCluster } from '../validation/scram-secrets.ts'
import type { Dependencies } from './dependencies.ts'

const USERS_PER_CLUSTER_MAX = 1000

/** The users in the secrets can log in when this answers. Each secret succeeds or fails on its own. */
export function batchAssociateScramSecret({
  store,
  secrets,
  setScramUsers,
}: Dependencies): OperationHandler<'kafka', 'BatchAssociateScramSecret'> {
  return async ({ ClusterArn, SecretArnList }, context) => {
    checkSecretList(SecretArnList)
    const cluster = await requireScramCluster(store, ClusterArn, context)
    const known = await store.associatedSecretsOf(ClusterArn)
    const users = new Map(known.map(({ username, secretArn }) => [username, secretArn]))
    const unprocessed: (SecretRefusal & { readonly secretArn: string })[] = []
    const associated: AssociatedSecret[] = []
    const logins: ScramUser[] = []
    for (const secretArn of new Set(SecretArnList)) {
      const secret = await secrets.readSecret(secretArn, context)
      const login = scramLogin(secret)
      if (isRefusal(login) || secret === null) {
        if (isRefusal(login)) unprocessed.push({ secretArn, ...login })
        continue
      }
      const owner = users.get(login.username)
      if (owner !== undefined && owner !== secret.arn) {
        const errorMessage = `The user ${login.username} is in another secret of this cluster: ${owner}.`
        unprocessed.push({ secretArn, errorCode: 'InvalidSecretArn', errorMessage })
        continue
      }
      users.set(login.username, secret.arn)
      if (users.size > USERS_PER_CLUSTER_MAX) {
        throw badRequest({
          message: `A cluster has at most ${USERS_PER_CLUSTER_MAX} SCRAM users.`,
          invalidParameter: 'secretArnList',
        })
      }
      const { username, password, versionId } = login
      associated.push({ clusterArn: ClusterArn, secretArn: secret.arn, username, versionId })
      logins.push({ name: username, password })
    }
    await bringAbout(store, associated, known, () => setScramUsers(cluster, logins))
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

/** Written down first, as not yet brought about: should this process end in between, the next one makes up for it. */
async function bringAbout(
  store: Store,
  associated: readonly AssociatedSecret[],
  known: readonly AssociatedSecret[],
  set: () => Promise<void>,
): Promise<void> {
  if (associated.length === 0) return
  for (const one of associated) await store.putAssociatedSecret({ ...one, versionId: null })
  try {
    await set()
  } catch (error) {
    for (const { clusterArn, secretArn } of associated) {
      const before = known.find((one) => one.secretArn === secretArn)
      if (before === undefined) await store.deleteAssociatedSecret(clusterArn, secretArn)
      else await store.putAssociatedSecret(before)
    }
    throw error
  }
  for (const one of associated) await store.putAssociatedSecret(one)
}
