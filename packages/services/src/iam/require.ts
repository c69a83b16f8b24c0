/** Finds what a call names, or answers in AWS's words that it is not there. */
import { AwsError } from '@millrace/aws/errors'
import type { Account, Group, InstanceProfile, ManagedPolicy, Role, User } from './entities.ts'
import { managedPolicy } from './effective-policies.ts'

export function requireUser(account: Account, name: string): User {
  return account.user.get(name.toLowerCase()) ?? missing(`The user with name ${name} cannot be found.`)
}

export function requireGroup(account: Account, name: string): Group {
  return account.group.get(name.toLowerCase()) ?? missing(`The group with name ${name} cannot be found.`)
}

export function requireRole(account: Account, name: string): Role {
  return account.role.get(name.toLowerCase()) ?? missing(`The role with name ${name} cannot be found.`)
}

export function requireInstanceProfile(account: Account, name: string): InstanceProfile {
  return account['instance-profile'].get(name.toLowerCase()) ?? missing(`Instance Profile ${name} cannot be found.`)
}

export function requirePolicy(account: Account, arn: string): ManagedPolicy {
  return managedPolicy(account, arn) ?? missing(`Policy ${arn} was not found.`)
}

/** Of the account itself: AWS's own cannot be changed. */
export function requireOwnPolicy(account: Account, arn: string): ManagedPolicy {
  if (arn.startsWith('arn:aws:iam::aws:policy/'))
    throw new AwsError('AccessDeniedException', { message: `The policy ${arn} is AWS's own: nobody can change it.` })
  return requirePolicy(account, arn)
}

export function missing(message: string): never {
  throw new AwsError('NoSuchEntityException', { message })
}

export function exists(message: string): never {
  throw new AwsError('EntityAlreadyExistsException', { message })
}

export function inTheWay(message: string): never {
  throw new AwsError('DeleteConflictException', { message })
}

/** `what` is AWS's name of the quota. */
export function requireWithin(what: string, count: number, max: number): void {
  if (count > max) throw new AwsError('LimitExceededException', { message: `Cannot exceed quota for ${what}: ${max}` })
}

export function invalid(message: string): never {
  throw new AwsError('ValidationException', { message })
}
