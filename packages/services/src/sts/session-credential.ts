/** A session as the front door and the brokers know it: its principal with the policies of this moment, cut down by its own. */
import type { Credential } from '@millrace/aws/credentials'
import { noPolicies, type NamedPolicy, type PrincipalPolicies } from '@millrace/policy/principal-policies'
import type { Principal } from '@millrace/policy/principal'
import { principalValues, type KeyValues } from '@millrace/policy/principal-values'
import type { EffectivePolicies } from '../iam/effective-policies.ts'
import type { Account, Role, Tags, User } from '../iam/entities.ts'
import { federatedPrincipal, rolePrincipal, rootPrincipal, userPrincipal } from '../iam/principals.ts'
import type { Session } from './session.ts'

/** Whom a session speaks for. */
export type Subject = { readonly role: Role } | { readonly user: User } | { readonly root: true }

/** Null: there is no such role or user any more, or one made anew under its name. */
export function subjectOf(account: Account, session: Session): Subject | null {
  if (session.subjectId === '') return { root: true }
  if (session.kind === 'role') {
    const role = [...account.role.values()].find(({ id }) => id === session.subjectId)
    return role === undefined ? null : { role }
  }
  const user = [...account.user.values()].find(({ id }) => id === session.subjectId)
  return user === undefined ? null : { user }
}

export function sessionCredential(
  account: Account,
  session: Session,
  subject: Subject,
  policies: EffectivePolicies,
): Credential {
  const principal = principalOf(account, session, subject)
  const tags = { ...tagsOf(subject), ...session.tags }
  const restricted = session.kind === 'federated' ? 'federation-token' : 'session-token'
  return {
    accessKeyId: session.accessKeyId,
    secret: session.secret,
    sessionToken: session.token,
    expiresAtMs: Date.parse(session.expiresAt),
    principal,
    policies: { ...identityOf(account, subject, policies), session: sessionPolicies(account, session, policies) },
    values: { ...principalValues(principal, tags), ...ownValues(session) },
    ...(session.kind === 'role' ? {} : { restricted }),
  }
}

function principalOf(account: Account, session: Session, subject: Subject): Principal {
  if (session.kind === 'federated') return federatedPrincipal(account, session.name)
  if ('role' in subject) return rolePrincipal(account, subject.role, session.name)
  return 'user' in subject ? userPrincipal(account, subject.user) : rootPrincipal(account)
}

function identityOf(account: Account, subject: Subject, policies: EffectivePolicies): PrincipalPolicies {
  if ('role' in subject) return policies.ofRole(account, subject.role)
  if ('user' in subject) return policies.ofUser(account, subject.user)
  // A federated user of root is not root: what it may is in its session policies.
  return { ...noPolicies, identity: [everything] }
}

const everything: NamedPolicy = {
  name: 'root',
  document: {
    version: '2012-10-17',
    id: null,
    statements: [
      {
        sid: null,
        effect: 'Allow',
        principals: null,
        actions: { negated: false, patterns: ['*'] },
        resources: { negated: false, patterns: ['*'] },
        conditions: [],
      },
    ],
  },
}

function sessionPolicies(
  account: Account,
  session: Session,
  policies: EffectivePolicies,
): readonly NamedPolicy[] | null {
  const { policies: passed, kind } = session
  if (passed === null) return kind === 'federated' ? [] : null
  const inline = passed.inline === null ? [] : [policies.inline('session policy', passed.inline)]
  return [...inline, ...passed.managed.flatMap((arn) => policies.managed(account, arn) ?? [])]
}

function tagsOf(subject: Subject): Tags {
  if ('role' in subject) return subject.role.tags
  return 'user' in subject ? subject.user.tags : {}
}

function ownValues({ createdAt, sourceIdentity, name, kind }: Session): KeyValues {
  return {
    'aws:tokenissuetime': [createdAt],
    'aws:multifactorauthpresent': ['false'],
    ...(kind === 'role' ? { 'sts:rolesessionname': [name] } : {}),
    ...(sourceIdentity === null ? {} : { 'aws:sourceidentity': [sourceIdentity] }),
  }
}
