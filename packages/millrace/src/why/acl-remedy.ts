/** The smallest change of ACLs that allows what was denied, by the evaluator that denied it. Pure. */
import {
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
  operationName,
  type Acl,
} from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import type { DenialEvent, Remedy } from './why-event.ts'

/** The ACLs of a cluster as they are now. */
export interface ClusterAcls {
  readonly acls: readonly Acl[]
  readonly superUsers: ReadonlySet<string>
  readonly allowEveryoneIfNoAcl: boolean
}

export interface AclChange {
  /** DENYs that are in the way. */
  readonly remove: readonly Acl[]
  readonly add: Acl | null
}

/** null: it would be allowed by now. */
export function aclChangeFor(event: DenialEvent, { acls, ...settings }: ClusterAcls): AclChange | null {
  const { principal, remoteAddress: host, operation, resourceType, resourceName } = event
  if (principal === null) return null
  const wanted = wantedOf(event)
  const question = { principal, host, operation, resourceType, resourceName }
  const decide = (rules: readonly Acl[]): ReturnType<AclAuthority['decide']> => {
    const authority = new AclAuthority({ acls: rules, ...settings })
    if (resourceName !== '') return authority.decide(question)
    // Any resource of the type would do, and so would what is wanted instead.
    const byType = authority.decideByType(question)
    return byType.allowed ? byType : authority.decide({ principal, host, ...wanted })
  }
  let rules = acls
  const remove: Acl[] = []
  for (let decision = decide(rules); !decision.allowed; decision = decide(rules)) {
    const { acl } = decision
    if (acl === null) {
      const add: Acl = {
        ...wanted,
        patternType: PatternType.LITERAL,
        principal,
        host,
        permissionType: PermissionType.ALLOW,
      }
      return { remove, add }
    }
    remove.push(acl)
    rules = rules.filter((each) => each !== acl)
  }
  return remove.length === 0 ? null : { remove, add: null }
}

/** To write anywhere at all, an idempotent producer needs one of two; the one that opens nothing else is proposed. */
function wantedOf({
  operation,
  resourceType,
  resourceName,
}: DenialEvent): Pick<Acl, 'operation' | 'resourceType' | 'resourceName'> {
  if (resourceName !== '') return { operation, resourceType, resourceName }
  return {
    operation: AclOperation.IDEMPOTENT_WRITE,
    resourceType: ResourceType.CLUSTER,
    resourceName: CLUSTER_NAME,
  }
}

export function aclRemedies(clusterName: string, { remove, add }: AclChange): Remedy[] {
  const steps: (readonly ['add' | 'remove', Acl])[] = remove.map((acl) => ['remove', acl])
  if (add !== null) steps.push(['add', add])
  const about =
    remove.length === 0
      ? 'Allow it'
      : add === null
        ? 'Take away what denies it'
        : 'Take away what denies it, and allow it'
  return [
    {
      about: `${about} with Kafka's own tool`,
      lines: steps.map(
        ([verb, acl]) =>
          `kafka-acls.sh --bootstrap-server $BS --${verb}${verb === 'remove' ? ' --force' : ''} ${aclArguments(acl, '--cluster')}`,
      ),
    },
    {
      about: `${about} with Millrace`,
      lines: steps.map(
        ([verb, acl]) =>
          `millrace acls ${verb} --cluster ${shellWord(clusterName)} ${aclArguments(acl, '--kafka-cluster')}`,
      ),
    },
  ]
}

/** The options by which both tools name one ACL. @param clusterFlag what stands for the resource of type CLUSTER */
export function aclArguments(acl: Acl, clusterFlag: string): string {
  const permission = acl.permissionType === PermissionType.DENY ? 'deny' : 'allow'
  const parts = [`--${permission}-principal ${shellWord(acl.principal)}`]
  parts.push(`--${permission}-host ${shellWord(acl.host)}`)
  parts.push(`--operation ${OPERATIONS.get(acl.operation) ?? operationName(acl.operation)}`)
  const flag = RESOURCE_FLAGS.get(acl.resourceType)
  parts.push(flag === undefined ? clusterFlag : `${flag} ${shellWord(acl.resourceName)}`)
  if (acl.patternType === PatternType.PREFIXED) parts.push('--resource-pattern-type prefixed')
  return parts.join(' ')
}

export const RESOURCE_FLAGS: ReadonlyMap<number, string> = new Map([
  [ResourceType.TOPIC, '--topic'],
  [ResourceType.GROUP, '--group'],
  [ResourceType.TRANSACTIONAL_ID, '--transactional-id'],
  [ResourceType.DELEGATION_TOKEN, '--delegation-token'],
  [ResourceType.USER, '--user-principal'],
])

/** As kafka-acls.sh writes them. */
export const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [AclOperation.ALL, 'All'],
  [AclOperation.READ, 'Read'],
  [AclOperation.WRITE, 'Write'],
  [AclOperation.CREATE, 'Create'],
  [AclOperation.DELETE, 'Delete'],
  [AclOperation.ALTER, 'Alter'],
  [AclOperation.DESCRIBE, 'Describe'],
  [AclOperation.CLUSTER_ACTION, 'ClusterAction'],
  [AclOperation.DESCRIBE_CONFIGS, 'DescribeConfigs'],
  [AclOperation.ALTER_CONFIGS, 'AlterConfigs'],
  [AclOperation.IDEMPOTENT_WRITE, 'IdempotentWrite'],
  [AclOperation.CREATE_TOKENS, 'CreateTokens'],
  [AclOperation.DESCRIBE_TOKENS, 'DescribeTokens'],
  [AclOperation.TWO_PHASE_COMMIT, 'TwoPhaseCommit'],
])

/** As a POSIX shell reads it as one word. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_:./@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
