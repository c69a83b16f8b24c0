import type { OperationHandler } from '@millrace/aws/service'
import { checkSecretList, requireScramCluster } from '../validation/scram-secrets.ts'
import type { Dependencies } from './dependencies.ts'

/** The users in the secrets cannot log in any more when this answers; who is logged in stays so, as on MSK. */
export function batchDisassociateScramSecret({
  store,
  setScramUsers,
}: Dependencies): OperationHandler<'kafka', 'BatchDisassociateScramSecret'> {
  return async ({ ClusterArn, SecretArnList }, context) => {
    checkSecretList(SecretArnList)
    const cluster = await requireScramCluster(store, ClusterArn, context)
    const known = await store.associatedSecretsOf(ClusterArn)
    const wanted = new Set(SecretArnList)
    const leaving = known.filter(({ secretArn }) => wanted.has(secretArn))
    const leavingArns = new Set(leaving.map(({ secretArn }) => secretArn))
    const users = leaving.map(({ username }) => ({ name: username, password: null }))
    if (users.length > 0) await setScramUsers(cluster, users)
    for (const { secretArn } of leaving) await store.deleteAssociatedSecret(ClusterArn, secretArn)
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
