/** The ACL authority of a node, and the static properties that govern it: `super.users` and `allow.everyone.if.no.acl.found`. */
import type { Acl } from './acl.ts'
import { AclAuthority } from './authority.ts'

export function aclAuthorityOf(properties: Readonly<Record<string, string>>, acls: Iterable<Acl>): AclAuthority {
  return new AclAuthority({
    acls,
    superUsers: superUsersOf(properties),
    allowEveryoneIfNoAcl: allowsEveryoneIfNoAcl(properties),
  })
}

/** `User:a;User:CN=b,OU=c`: the separator is the semicolon, since certificate subjects hold commas. */
export function superUsersOf(properties: Readonly<Record<string, string>>): ReadonlySet<string> {
  const listed = (properties['super.users'] ?? '').split(';').map((each) => each.trim())
  return new Set(listed.filter((each) => each !== ''))
}

/** True unless set otherwise, as on MSK; Apache Kafka's own default is false. */
export function allowsEveryoneIfNoAcl(properties: Readonly<Record<string, string>>): boolean {
  return (properties['allow.everyone.if.no.acl.found'] ?? 'true').trim().toLowerCase() === 'true'
}
