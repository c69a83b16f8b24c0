/**
 * The condition keys that a principal brings to every request it makes, by key in lower case. Source: "AWS global condition
 * context keys" and "Principal key values" of the IAM user guide.
 */
import type { Principal } from './principal.ts'

export type KeyValues = Readonly<Record<string, readonly string[]>>

const principalTypes: Readonly<Record<Principal['type'], string>> = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  'federated-user': 'FederatedUser',
  anonymous: 'Anonymous',
}

/** `tags`: of the user or role, and of the session, which win. */
export function principalValues(principal: Principal, tags: Readonly<Record<string, string>> = {}): KeyValues {
  return {
    // Of an assumed role it is the role that counts.
    'aws:principalarn': [principal.roleArn ?? principal.arn],
    'aws:principalaccount': [principal.accountId],
    'aws:principaltype': [principalTypes[principal.type]],
    'aws:userid': [principal.userId],
    ...(principal.type === 'user' ? { 'aws:username': [principal.arn.split('/').at(-1) ?? ''] } : {}),
    ...Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, [value]]),
    ),
  }
}
