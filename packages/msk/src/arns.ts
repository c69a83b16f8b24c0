/** Names of what the kafka service owns (msk.md §1.3), made and read. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { formatArn, parseArn, resourceParts } from '@millrace/aws/arn'
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest, notFound } from '@millrace/aws/errors'

export interface Scope {
  readonly accountId: string
  readonly region: string
}

/** `<uuid>-<number>`; the number is AWS's partition of the service, 1 to 25. */
export function newResourceId(): string {
  return `${randomUUID()}-${randomInt(1, 26)}`
}

export function clusterArn(scope: Scope, name: string, id: string): string {
  return formatArn({ service: 'kafka', ...pick(scope), resource: `cluster/${name}/${id}` })
}

export function configurationArn(scope: Scope, name: string, id: string): string {
  return formatArn({ service: 'kafka', ...pick(scope), resource: `configuration/${name}/${id}` })
}

export function operationArn(scope: Scope, cluster: { readonly name: string; readonly id: string }): string {
  return formatArn({
    service: 'kafka',
    ...pick(scope),
    resource: `cluster-operation/${cluster.name}/${cluster.id}/${randomUUID()}`,
  })
}

export function topicArn(scope: Scope, cluster: { readonly name: string; readonly id: string }, topic: string): string {
  return formatArn({ service: 'kafka', ...pick(scope), resource: `topic/${cluster.name}/${cluster.id}/${topic}` })
}

export function brokerArn(
  scope: Scope,
  cluster: { readonly name: string; readonly id: string },
  broker: number,
): string {
  return formatArn({ service: 'kafka', ...pick(scope), resource: `broker/${cluster.name}/${cluster.id}/${broker}` })
}

/** Of the client's account, and with the account of the cluster in it. */
export function vpcConnectionArn(
  client: Scope,
  cluster: { readonly accountId: string; readonly name: string },
): string {
  const resource = `vpc-connection/${cluster.accountId}/${cluster.name}/${randomUUID()}`
  return formatArn({ service: 'kafka', ...pick(client), resource })
}

const VERSION_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const VERSION_LENGTH = 13

/** A new `currentVersion`: opaque, `K` and thirteen characters. */
export function newCurrentVersion(): string {
  const characters = [...randomBytes(VERSION_LENGTH)].map(
    (byte) => VERSION_CHARACTERS[byte % VERSION_CHARACTERS.length],
  )
  return `K${characters.join('')}`
}

type Kind = 'cluster' | 'configuration' | 'cluster-operation' | 'vpc-connection'

/** Parts of the resource, the kind included: `cluster/NAME/ID`. */
const PART_COUNT: Readonly<Record<Kind, number>> = {
  cluster: 3,
  configuration: 3,
  'cluster-operation': 4,
  'vpc-connection': 4,
}

/**
 * Checks that `text` is an ARN of that kind, and that it belongs to the caller's account and region.
 * @throws BadRequestException (`member`) when it is not one, NotFoundException when it is somebody else's
 */
export function checkArn(kind: Kind, text: string, member: string, context: CallContext): void {
  const arn = parseArn(text)
  const parts = arn === null ? [] : resourceParts(arn)
  if (
    arn === null ||
    arn.service !== 'kafka' ||
    parts[0] !== kind ||
    parts.length !== PART_COUNT[kind] ||
    parts.includes('')
  ) {
    throw badRequest({
      message: `The ${member} is not a valid ARN of a ${kind}: expected arn:aws:kafka:REGION:ACCOUNT:${kind}/NAME/…`,
      invalidParameter: member,
    })
  }
  if (arn.accountId !== context.accountId || arn.region !== context.region) {
    throw notFound({
      message: `The ${kind} ${text} does not exist in account ${context.accountId}, region ${context.region}.`,
      invalidParameter: member,
    })
  }
}

function pick({ accountId, region }: Scope): Scope {
  return { accountId, region }
}
