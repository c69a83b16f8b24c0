/** The login of the cases of IAM: a session of one role each, which its session policy limits to what the case grants. */
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { REGION, bearerToken, rootKey, type AccessKey } from '../harness/iam.ts'
import type { TableCase } from './cases.ts'
import { policyOf } from './iam-policy.ts'
import type { Login } from './run-cases.ts'
import { LoginRefusedError, Wire, type Address } from './wire.ts'

const AT_ONCE = 16
const PLENTY_MS = 20_000
const ROLE = 'table'

/** Logs in by OAUTHBEARER. @returns the error code */
export async function iamLogin(wire: Wire, key: AccessKey): Promise<number> {
  const token = await bearerToken(key)
  return wire.token('OAUTHBEARER', Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`))
}

/** The keys of each principal's session. */
export async function createSessions(
  cases: readonly TableCase[],
  { endpoint, clusterArn }: { readonly endpoint: string; readonly clusterArn: string },
): Promise<ReadonlyMap<number, AccessKey>> {
  const iam = new IAMClient({ endpoint, region: REGION, credentials: rootKey })
  const [, , , , accountId = ''] = clusterArn.split(':')
  const allowing = (Action: string): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
  const trust = { Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.send(new CreateUserCommand({ UserName: ROLE }))
  await iam.send(
    new PutUserPolicyCommand({ UserName: ROLE, PolicyName: ROLE, PolicyDocument: allowing('sts:AssumeRole') }),
  )
  const { AccessKey: own } = await iam.send(new CreateAccessKeyCommand({ UserName: ROLE }))
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument }))
  await iam.send(
    new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: ROLE, PolicyDocument: allowing('kafka-cluster:*') }),
  )
  iam.destroy()
  const credentials = { accessKeyId: own?.AccessKeyId ?? '', secretAccessKey: own?.SecretAccessKey ?? '' }
  const sts = new STSClient({ endpoint, region: REGION, credentials })
  const keys = new Map<number, AccessKey>()
  const waiting = cases.filter(({ id, principal }) => id === principal)
  const work = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const { Credentials: made } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: Role?.Arn,
          RoleSessionName: `case-${each.principal}`,
          Policy: JSON.stringify(policyOf(each, clusterArn)),
        }),
      )
      keys.set(each.principal, {
        accessKeyId: made?.AccessKeyId ?? '',
        secretAccessKey: made?.SecretAccessKey ?? '',
        sessionToken: made?.SessionToken ?? '',
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  sts.destroy()
  return keys
}

/** A key that the broker does not know yet gets its connection closed: then it is tried again for a while. */
export function sessionLogin(address: Address, keys: ReadonlyMap<number, AccessKey>): Login {
  return async (each) => {
    const key = keys.get(each.principal)
    if (key === undefined) throw new Error(`case ${each.id} has no session`)
    const endMs = Date.now() + PLENTY_MS
    for (;;) {
      const wire = await Wire.open(address)
      try {
        const errorCode = await iamLogin(wire, key)
        if (errorCode === 0) return wire
        wire.close()
        throw new LoginRefusedError(`session case-${each.principal}`, errorCode)
      } catch (error) {
        wire.close()
        if (error instanceof LoginRefusedError || Date.now() > endMs) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
}
