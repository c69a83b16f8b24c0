/** What could be wrong in a guard, for each of its checks: not asked, always refused, another operation, another resource. */
import type { Access } from '@millrace/policy/acl/access'
import { OPERATIONS_OF, ResourceType, operationName, resourceTypeName } from '@millrace/policy/acl/acl'
import type { Mutation } from './in-process.ts'

/** A question that a guard asks: of one resource, of any of a type, or for all operations. */
export interface Check {
  readonly how: 'one' | 'some' | 'operations'
  /** 0 for all operations. */
  readonly operation: number
  readonly resourceType: number
}

export const RESOURCE_TYPES: readonly number[] = [
  ResourceType.TOPIC,
  ResourceType.GROUP,
  ResourceType.CLUSTER,
  ResourceType.TRANSACTIONAL_ID,
]
const ALL = 0b1_1111_1111_1000

/** Adds every check to `seen`. */
export function recording(access: Access, seen: Map<string, Check>): Access {
  const note = (check: Check): void => {
    seen.set(`${check.how} ${check.operation} ${check.resourceType}`, check)
  }
  return {
    unrestricted: false,
    allows(operation, resourceType, name) {
      note({ how: 'one', operation, resourceType })
      return access.allows(operation, resourceType, name)
    },
    wouldAllow(operation, resourceType, name) {
      note({ how: 'one', operation, resourceType })
      return access.wouldAllow(operation, resourceType, name)
    },
    allowsSome(operation, resourceType) {
      note({ how: 'some', operation, resourceType })
      return access.allowsSome(operation, resourceType)
    },
    operationsOn(resourceType, name) {
      note({ how: 'operations', operation: 0, resourceType })
      return access.operationsOn(resourceType, name)
    },
  }
}

export function mutationsOf(check: Check): Mutation[] {
  const { how, operation, resourceType } = check
  const type = resourceTypeName(resourceType)
  if (how === 'operations') {
    return [
      { title: `all operations on ${type}`, access: (access) => ({ ...bound(access), operationsOn: () => ALL }) },
      { title: `no operations on ${type}`, access: (access) => ({ ...bound(access), operationsOn: () => 0 }) },
    ]
  }
  const title = `${operationName(operation)} on ${how === 'some' ? 'some ' : ''}${type}`
  const others = (OPERATIONS_OF.get(resourceType) ?? []).filter((each) => each !== operation)
  return [
    { title: `${title} is not asked`, access: (access) => instead(access, check, () => true) },
    { title: `${title} is always refused`, access: (access) => instead(access, check, () => false) },
    ...others.map((other): Mutation => ({
      title: `${title} asks for ${operationName(other)}`,
      access: (access) => instead(access, check, ask(access, how, other, resourceType)),
    })),
    ...RESOURCE_TYPES.filter((each) => each !== resourceType).map((other): Mutation => ({
      title: `${title} asks about ${resourceTypeName(other)}`,
      access: (access) => instead(access, check, ask(access, how, operation, other)),
    })),
  ]
}

/** Where one question is asked another is decided, whatever API asks it. */
export function swapping(
  asked: { readonly operation: number; readonly resourceType: number },
  decided: { readonly operation: number; readonly resourceType: number },
): Mutation {
  const swap = (operation: number, resourceType: number): [number, number] =>
    operation === asked.operation && resourceType === asked.resourceType
      ? [decided.operation, decided.resourceType]
      : [operation, resourceType]
  return {
    title: `${operationName(asked.operation)} on ${resourceTypeName(asked.resourceType)} is decided as another`,
    access: (access) => ({
      ...bound(access),
      allows: (operation, type, name) => access.allows(...swap(operation, type), name),
      wouldAllow: (operation, type, name) => access.wouldAllow(...swap(operation, type), name),
      allowsSome: (operation, type) => access.allowsSome(...swap(operation, type)),
    }),
  }
}

function ask(access: Access, how: Check['how'], operation: number, resourceType: number): (name: string) => boolean {
  return how === 'some'
    ? () => access.allowsSome(operation, resourceType)
    : (name) => access.wouldAllow(operation, resourceType, name)
}

function instead(access: Access, check: Check, answer: (name: string) => boolean): Access {
  const isIt = (how: Check['how'], operation: number, resourceType: number): boolean =>
    how === check.how && operation === check.operation && resourceType === check.resourceType
  return {
    ...bound(access),
    allows: (operation, type, name) =>
      isIt('one', operation, type) ? answer(name) : access.allows(operation, type, name),
    wouldAllow: (operation, type, name) =>
      isIt('one', operation, type) ? answer(name) : access.wouldAllow(operation, type, name),
    allowsSome: (operation, type) => (isIt('some', operation, type) ? answer('') : access.allowsSome(operation, type)),
  }
}

function bound(access: Access): Access {
  return {
    unrestricted: false,
    allows: (operation, type, name) => access.allows(operation, type, name),
    wouldAllow: (operation, type, name) => access.wouldAllow(operation, type, name),
    allowsSome: (operation, type) => access.allowsSome(operation, type),
    operationsOn: (type, name) => access.operationsOn(type, name),
  }
}
