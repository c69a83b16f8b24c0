/** Which policies go with a user or role now: its own, its groups', the managed ones attached, and its boundary. */
import type { NamedPolicy, PrincipalPolicies } from '@millrace/policy/principal-policies'
import { awsManagedPolicy } from './aws-managed-policies.ts'
import type { Account, Group, ManagedPolicy, Role, User } from './entities.ts'
import type { PolicyDocuments } from './policy-documents.ts'

export class EffectivePolicies {
  readonly #documents: PolicyDocuments

  constructor(documents: PolicyDocuments) {
    this.#documents = documents
  }

  ofUser(account: Account, user: User): PrincipalPolicies {
    const groups = user.groups.flatMap((name) => account.group.get(name.toLowerCase()) ?? [])
    return {
      identity: [user, ...groups].flatMap((holder) => this.#held(account, holder)),
      boundary: this.#boundary(account, user.boundary),
      session: null,
    }
  }

  ofGroup(account: Account, group: Group): PrincipalPolicies {
    return { identity: this.#held(account, group), boundary: null, session: null }
  }

  ofRole(account: Account, role: Role): PrincipalPolicies {
    return { identity: this.#held(account, role), boundary: this.#boundary(account, role.boundary), session: null }
  }

  inline(name: string, text: string): NamedPolicy {
    return { name, document: this.#documents.parse(text, 'identity') }
  }

  /** By ARN, of the account or AWS's own; null: there is none. */
  managed(account: Account, arn: string): NamedPolicy | null {
    const text = defaultDocument(account, arn)
    return text === null ? null : { name: arn, document: this.#documents.parse(text, 'identity') }
  }

  #held(account: Account, holder: Pick<User, 'inline' | 'attached'>): NamedPolicy[] {
    return [
      ...Object.entries(holder.inline).map(([name, text]) => this.inline(name, text)),
      ...holder.attached.flatMap((arn) => this.managed(account, arn) ?? []),
    ]
  }

  /** A boundary whose policy cannot be found lets nothing pass. */
  #boundary(account: Account, arn: string | null): NamedPolicy | null {
    if (arn === null) return null
    return this.managed(account, arn) ?? { name: arn, document: { version: '2012-10-17', id: null, statements: [] } }
  }
}

export function managedPolicy(account: Account, arn: string): ManagedPolicy | null {
  return arn.startsWith('arn:aws:iam::aws:policy/')
    ? awsManagedPolicy(arn)
    : ([...account.policy.values()].find((policy) => policy.arn === arn) ?? null)
}

function defaultDocument(account: Account, arn: string): string | null {
  const policy = managedPolicy(account, arn)
  return policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document ?? null
}
