/** Users and roles of all accounts by ARN and by unique id, as stored policies name them. */
import { parseArn } from '@millrace/aws/arn'
import { UnknownPrincipalError, type PrincipalNames } from '@millrace/policy/principal-names'
import type { Role, User } from './entities.ts'
import type { IamStore } from './iam-store.ts'

/** `AIDA…` a user, `AROA…` a role, `AROA…:name` a session of it. */
const UNIQUE_ID = /^(A(?:IDA|ROA)[A-Z0-9]+)(?::(.+))?$/

export function principalNames(store: IamStore): PrincipalNames {
  return {
    stored(name) {
      if (name === '*' || /^[0-9]{12}$/.test(name)) return name
      const id = UNIQUE_ID.exec(name)?.[1]
      const found = id === undefined ? idOf(store, name) : byId(store, id) === null ? null : name
      if (found === null) throw new UnknownPrincipalError(name)
      return found
    },
    shown(name) {
      const [, id, session] = UNIQUE_ID.exec(name) ?? []
      const entity = id === undefined ? null : byId(store, id)
      if (entity === null) return name
      return session === undefined ? entity.arn : sessionArn(entity, session)
    },
  }
}

/** Null: nobody is called that. */
function idOf(store: IamStore, name: string): string | null {
  const arn = parseArn(name)
  if (arn === null) return null
  const [kind, ...path] = arn.resource.split('/')
  if (arn.service === 'iam') {
    if (arn.resource === 'root') return name
    const entity = kind === 'user' || kind === 'role' ? find(store, arn.accountId, kind, path.at(-1) ?? '') : null
    return entity?.arn === name ? entity.id : null
  }
  if (arn.service !== 'sts') return null
  // Federated users have no id of their own.
  if (kind === 'federated-user') return name
  const [roleName = '', session = ''] = path
  const role = kind === 'assumed-role' ? find(store, arn.accountId, 'role', roleName) : null
  return role?.name === roleName && session !== '' ? `${role.id}:${session}` : null
}

/** An account of which nothing is known must not be made by asking. */
function find(store: IamStore, accountId: string, kind: 'user' | 'role', name: string): User | Role | null {
  for (const account of store.accounts())
    if (account.accountId === accountId) return account[kind].get(name.toLowerCase()) ?? null
  return null
}

function byId(store: IamStore, id: string): User | Role | null {
  const kind = id.startsWith('AIDA') ? 'user' : 'role'
  for (const account of store.accounts())
    for (const entity of account[kind].values()) if (entity.id === id) return entity
  return null
}

function sessionArn({ arn, name }: User | Role, session: string): string {
  return `arn:aws:sts::${parseArn(arn)?.accountId ?? ''}:assumed-role/${name}/${session}`
}
