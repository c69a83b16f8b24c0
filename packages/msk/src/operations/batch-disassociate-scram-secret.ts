import type { OperationHandler } from '@millrace/aws/service'
import { releaseGrant } from '../scram/secret-key.ts'
import { checkSecretList, requireScramCluster } from '../validation/scram-secrets.ts'
import type { Dependencies } from './dependencies.ts'

/** The users in the secrets cannot log in any more when this answers, and their keys are used no more. */
export function batchDisassociateScramSecret({
  store,
  keys,
  setScramUsers,
  scramTurns,
}: Dependencies): OperationHandler<'kafka', 'BatchDisassociateScramSecret'> {
  return async ({ ClusterArn, SecretArnList }, context) => {
    checkSecretList(SecretArnList)
    const cluster = await requireScramCluster(store, ClusterArn, context)
    const wanted = new Set(SecretArnList)
    const leaving = await scramTurns.take(ClusterArn, async () => {
      const known = await store.associatedSecretsOf(ClusterArn)
      const ending = known.filter(({ secretArn }) => wanted.has(secretArn))
      const users = ending.map(({ username }) => ({ name: username, password: null }))
      if (users.length > 0) await setScramUsers(cluster, users)
      for (const { secretArn, grant } of ending) {
        await store.deleteAssociatedSecret(ClusterArn, secretArn)
        await releaseGrant(keys, grant)
      }
      return ending
    })
    const leavingArns = new Set(leaving.map(({ secretArn }) => secretArn))
    return {
      ClusterArn,
      UnprocessedScramSecrets: [...wanted]
        .filter((secretArn) => !leavingArns.has(secretArn))
        .map((secretArn) => ({
          SecretArn: secretArn,
          ErrorCode: 'InvalidSecretArn',
          ErrorMessage: 'The provided secret is not associated with this cluster.',
        })),
    }
  }
}
