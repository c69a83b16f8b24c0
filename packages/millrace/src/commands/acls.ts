/** `millrace acls list|add|remove`: options as kafka-acls.sh has them; `--dry-run` tells whom a change would lock out. */
import { PatternType, PermissionType, resourceTypeName, type Acl } from '@millrace/policy/acl/acl'
import { aclsOf, filtersOf, type AclOptions } from '../acls/acl-options.ts'
import { workOnAcls, type AclAnswer, type AclRequest } from '../acls/acl-work.ts'
import type { AccessChange } from '../acls/dry-run.ts'
import { dataDirectory, internalToken } from '../data-directory.ts'
import { requireServer, withAdmin, type ClusterOption } from '../locate-cluster.ts'
import { printJson, printTable } from '../output.ts'
import { UserError } from '../user-error.ts'
import { OPERATIONS } from '../why/acl-remedy.ts'

export interface AclCommandOptions extends ClusterOption, AclOptions {
  readonly json?: boolean
  readonly dryRun?: boolean
}

export async function listAcls(options: AclCommandOptions): Promise<void> {
  const { acls } = await ask(options, { verb: 'list', filters: filtersOf(options, 'list') })
  if (options.json === true) printJson(acls.map(named))
  else printAcls(acls, 'There is no such ACL.')
}

export async function addAcls(options: AclCommandOptions): Promise<void> {
  const answer = await ask(options, { verb: 'add', acls: aclsOf(options), dryRun: options.dryRun === true })
  tell(answer, options, { done: 'Added', wouldBe: 'Would be added', none: 'They are all there already.' })
}

export async function removeAcls(options: AclCommandOptions): Promise<void> {
  const filters = filtersOf(options, 'remove')
  const answer = await ask(options, { verb: 'remove', filters, dryRun: options.dryRun === true })
  tell(answer, options, { done: 'Removed', wouldBe: 'Would be removed', none: 'No ACL is like that.' })
}

/** Through the running Millrace, which is never locked out and knows who came in lately; else as any client. */
async function ask(options: AclCommandOptions, request: AclRequest): Promise<AclAnswer> {
  if (options.bootstrapServer !== undefined) return withAdmin(options, (admin) => workOnAcls(admin, request, []))
  const { endpoint } = requireServer(options.dataDir)
  const response = await fetch(`${endpoint}/_millrace/acls`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${internalToken(dataDirectory(options.dataDir))}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ cluster: options.cluster ?? null, request }),
  })
  const answer = (await response.json()) as AclAnswer & { readonly message?: string }
  if (!response.ok) throw new UserError(answer.message ?? `${endpoint} answered ${response.status}.`)
  return answer
}

interface Words {
  readonly done: string
  readonly wouldBe: string
  readonly none: string
}

function tell({ acls, changes, tried }: AclAnswer, options: AclCommandOptions, words: Words): void {
  if (options.json === true) {
    printJson({
      acls: acls.map(named),
      ...(changes === null ? {} : { tried, lockedOut: told(changes, 'loses'), letIn: told(changes, 'gains') }),
    })
    return
  }
  if (acls.length > 0) process.stdout.write(`${changes === null ? words.done : words.wouldBe}:\n`)
  printAcls(acls, words.none)
  if (changes === null) return
  process.stdout.write('\n')
  const rows = [
    ...told(changes, 'loses').map((one) => ['would be locked out', ...row(one)]),
    ...told(changes, 'gains').map((one) => ['would be let in', ...row(one)]),
  ]
  printTable(
    ['', 'PRINCIPAL', 'HOST', 'RESOURCE', 'OPERATIONS'],
    rows,
    `Nobody would be locked out or let in (tried with ${tried} principals).`,
  )
}

interface ToldChange {
  readonly principal: string
  readonly host: string
  readonly resourceType: string
  readonly resourceNames: readonly string[]
  readonly operations: readonly string[]
}

function told(changes: readonly AccessChange[], which: 'loses' | 'gains'): ToldChange[] {
  return changes
    .filter((change) => change[which].length > 0)
    .map(({ principal, host, resourceType, resourceNames, [which]: operations }) => ({
      principal,
      host,
      resourceType: resourceTypeName(resourceType),
      resourceNames,
      operations: operations.map(operationOf),
    }))
}

const NAMES_SHOWN = 5

function row({ principal, host, resourceType, resourceNames, operations }: ToldChange): string[] {
  const more = resourceNames.length - NAMES_SHOWN
  const names = `${resourceNames.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return [principal, host, `${resourceType} ${names}`, operations.join(', ')]
}

function printAcls(acls: readonly Acl[], whenNone: string): void {
  const rows = acls
    .map(named)
    .map((acl) => [
      acl.permission,
      acl.principal,
      acl.host,
      acl.operation,
      acl.resourceType,
      acl.resourceName,
      acl.pattern,
    ])
  printTable(['PERMISSION', 'PRINCIPAL', 'HOST', 'OPERATION', 'RESOURCE', 'NAME', 'PATTERN'], rows, whenNone)
}

interface NamedAcl {
  readonly permission: string
  readonly principal: string
  readonly host: string
  readonly operation: string
  readonly resourceType: string
  readonly resourceName: string
  readonly pattern: string
}

function named(acl: Acl): NamedAcl {
  return {
    permission: acl.permissionType === PermissionType.DENY ? 'DENY' : 'ALLOW',
    principal: acl.principal,
    host: acl.host,
    operation: operationOf(acl.operation),
    resourceType: resourceTypeName(acl.resourceType),
    resourceName: acl.resourceName,
    pattern: acl.patternType === PatternType.PREFIXED ? 'PREFIXED' : 'LITERAL',
  }
}

function operationOf(operation: number): string {
  return OPERATIONS.get(operation) ?? String(operation)
}
