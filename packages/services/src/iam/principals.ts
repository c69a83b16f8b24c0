/** Users, and sessions of roles, as the evaluator knows them. */
import type { Principal } from '@millrace/policy/principal'
import type { Account, Role, User } from './entities.ts'

export function userPrincipal({ accountId }: Account, user: User): Principal {
  return { type: 'user', arn: user.arn, userId: user.id, accountId }
}

/** The path of a role is not in the ARN of its sessions. */
export function rolePrincipal({ accountId }: Account, role: Role, sessionName: string): Principal {
  return {
    type: 'assumed-role',
    arn: `arn:aws:sts::${accountId}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.id}:${sessionName}`,
    accountId,
    roleArn: role.arn,
  }
}

export function federatedPrincipal({ accountId }: Account, name: string): Principal {
  return {
    type: 'federated-user',
    arn: `arn:aws:sts::${accountId}:federated-user/${name}`,
    userId: `${accountId}:${name}`,
    accountId,
  }
}

export function rootPrincipal({ accountId }: Account): Principal {
  return { type: 'root', arn: `arn:aws:iam::${accountId}:root`, userId: accountId, accountId }
}
