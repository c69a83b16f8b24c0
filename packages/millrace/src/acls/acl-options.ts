/**
 * What is meant by the options of `millrace acls`: those of kafka-acls.sh, but `--kafka-cluster` for the resource of type
 * CLUSTER, since `--cluster` names the cluster. Pure.
 */
import {
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
  WILDCARD,
  type Acl,
} from '@millrace/policy/acl/acl'
import type { AclFilter } from '@millrace/policy/acl/acl-filter'
import { UserError } from '../user-error.ts'
import { OPERATIONS } from '../why/acl-remedy.ts'

export interface AclOptions {
  readonly allowPrincipal?: readonly string[]
  readonly denyPrincipal?: readonly string[]
  readonly allowHost?: readonly string[]
  readonly denyHost?: readonly string[]
  readonly operation?: readonly string[]
  readonly topic?: readonly string[]
  readonly group?: readonly string[]
  readonly transactionalId?: readonly string[]
  readonly delegationToken?: readonly string[]
  readonly userPrincipal?: readonly string[]
  readonly kafkaCluster?: boolean
  readonly resourcePatternType?: string
  /** Only of `list`. */
  readonly principal?: readonly string[]
  readonly producer?: boolean
  readonly consumer?: boolean
  readonly idempotent?: boolean
}

type Resource = Pick<Acl, 'resourceType' | 'resourceName'>
type Who = Pick<Acl, 'principal' | 'host' | 'permissionType'>

const OPERATION_NUMBERS = new Map([...OPERATIONS].map(([number, name]) => [name.toLowerCase(), number]))
const PATTERN_NUMBERS = new Map([
  ['any', PatternType.ANY],
  ['match', PatternType.MATCH],
  ['literal', PatternType.LITERAL],
  ['prefixed', PatternType.PREFIXED],
])

/** The ACLs that `add` is to make. */
export function aclsOf(options: AclOptions): Acl[] {
  const whom = whomOf(options)
  if (whom.length === 0) throw new UserError('Say who: --allow-principal or --deny-principal, for example User:alice.')
  const patternType = patternTypeOf(options, 'literal')
  if (patternType !== PatternType.LITERAL && patternType !== PatternType.PREFIXED)
    throw new UserError('An ACL is literal or prefixed; --resource-pattern-type any and match are for list and remove.')
  const resources = resourcesOf(options)
  if (resources.length === 0) throw noResource()
  const convenient = convenienceOf(options)
  const acls =
    convenient ??
    resources.flatMap((resource) => operationsOf(options).map((operation) => ({ ...resource, operation })))
  return acls.flatMap((acl) => whom.map((who) => ({ ...acl, patternType, ...who })))
}

/** What `list` and `remove` are about: an ACL matches if it matches any. */
export function filtersOf(options: AclOptions, verb: 'list' | 'remove'): AclFilter[] {
  const patternType = patternTypeOf(options, 'literal')
  const resources = resourcesOf(options)
  if (verb === 'remove' && resources.length === 0) throw noResource()
  const targets =
    resources.length === 0
      ? [{ resourceType: ResourceType.ANY, resourceName: null, patternType: PatternType.ANY }]
      : resources.map((resource) => ({ ...resource, patternType }))
  const anybody = { principal: null, host: null, permissionType: PermissionType.ANY, operation: AclOperation.ANY }
  if (verb === 'list') {
    const principals = options.principal ?? []
    const whom = principals.length === 0 ? [anybody] : principals.map((principal) => ({ ...anybody, principal }))
    return targets.flatMap((target) => whom.map((who) => ({ ...target, ...who })))
  }
  const whom = whomOf(options)
  if (whom.length === 0) return targets.map((target) => ({ ...target, ...anybody }))
  return aclsOf({ ...options, resourcePatternType: 'literal' }).map((acl) => ({ ...acl, patternType }))
}

function whomOf(options: AclOptions): Who[] {
  const of = (
    principals: readonly string[] = [],
    hosts: readonly string[] = [WILDCARD],
    permissionType: number,
  ): Who[] =>
    principals.flatMap((principal) => hosts.map((host) => ({ principal: checked(principal), host, permissionType })))
  return [
    ...of(options.allowPrincipal, options.allowHost, PermissionType.ALLOW),
    ...of(options.denyPrincipal, options.denyHost, PermissionType.DENY),
  ]
}

function checked(principal: string): string {
  if (!/^[^:]+:./.test(principal))
    throw new UserError(`${principal} is no principal: write it with its type, for example User:${principal}.`)
  return principal
}

function resourcesOf(options: AclOptions): Resource[] {
  const named = (resourceType: number, names: readonly string[] = []): Resource[] =>
    names.map((resourceName) => ({ resourceType, resourceName }))
  return [
    ...named(ResourceType.TOPIC, options.topic),
    ...named(ResourceType.GROUP, options.group),
    ...named(ResourceType.TRANSACTIONAL_ID, options.transactionalId),
    ...named(ResourceType.DELEGATION_TOKEN, options.delegationToken),
    ...named(ResourceType.USER, options.userPrincipal),
    ...(options.kafkaCluster === true ? named(ResourceType.CLUSTER, [CLUSTER_NAME]) : []),
  ]
}

function operationsOf({ operation = ['All'] }: AclOptions): number[] {
  return operation.map((name) => {
    const number = OPERATION_NUMBERS.get(name.toLowerCase().replaceAll('_', ''))
    if (number === undefined)
      throw new UserError(`There is no operation ${name}; there is: ${[...OPERATIONS.values()].join(', ')}.`)
    return number
  })
}

function patternTypeOf({ resourcePatternType }: AclOptions, byDefault: string): number {
  const text = resourcePatternType ?? byDefault
  const number = PATTERN_NUMBERS.get(text.toLowerCase())
  if (number === undefined)
    throw new UserError(`There is no pattern type ${text}; there is: ${[...PATTERN_NUMBERS.keys()].join(', ')}.`)
  return number
}

/** What a producer or consumer needs, as kafka-acls.sh puts it together; null: neither is asked for. */
function convenienceOf(options: AclOptions): (Resource & { readonly operation: number })[] | null {
  const { producer, consumer, idempotent } = options
  if (producer !== true && consumer !== true) return null
  const { READ, WRITE, DESCRIBE, CREATE, IDEMPOTENT_WRITE } = AclOperation
  const each = (type: number, names: readonly string[] = [], operations: readonly number[]) =>
    names.flatMap((resourceName) => operations.map((operation) => ({ resourceType: type, resourceName, operation })))
  const wanted: (Resource & { readonly operation: number })[] = []
  if (producer === true) {
    wanted.push(...each(ResourceType.TOPIC, options.topic, [WRITE, DESCRIBE, CREATE]))
    wanted.push(...each(ResourceType.TRANSACTIONAL_ID, options.transactionalId, [WRITE, DESCRIBE]))
    if (idempotent === true) wanted.push(...each(ResourceType.CLUSTER, [CLUSTER_NAME], [IDEMPOTENT_WRITE]))
  }
  if (consumer === true) {
    if (options.group === undefined) throw new UserError('--consumer needs a --group.')
    wanted.push(...each(ResourceType.TOPIC, options.topic, [READ, DESCRIBE]))
    wanted.push(...each(ResourceType.GROUP, options.group, [READ]))
  }
  return wanted
}

function noResource(): UserError {
  return new UserError('Say what about: --topic, --group, --transactional-id, --kafka-cluster, …')
}
