/** `millrace audit`: the API calls of late, the newest last. */
import type { ApiCallEvent } from '@millrace/aws/audit'
import { dataDirectory, internalToken } from '../data-directory.ts'
import { durationMs } from '../duration.ts'
import { requireServer } from '../locate-cluster.ts'
import { printJson, printTable } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface AuditCommandOptions {
  readonly dataDir?: string
  /** `10m` */
  readonly last: string
  readonly limit: string
  readonly refused?: boolean
  readonly principal?: string
  readonly json?: boolean
}

export async function audit(options: AuditCommandOptions): Promise<void> {
  const record = requireServer(options.dataDir)
  const query = new URLSearchParams({
    limit: options.limit,
    sinceMs: String(Date.now() - durationMs(options.last, '--last')),
    refused: String(options.refused === true),
    principal: options.principal ?? '',
  })
  const response = await fetch(`${record.endpoint}/_millrace/audit?${query.toString()}`, {
    headers: { authorization: `Bearer ${internalToken(dataDirectory(options.dataDir))}` },
  })
  if (!response.ok) throw new UserError(`${record.endpoint} answered ${response.status}: ${await response.text()}`)
  const { events } = (await response.json()) as { readonly events: readonly ApiCallEvent[] }
  if (options.json === true) return printJson({ events })
  const rows = events.map(({ timeMs, service, operation, status, errorCode, principal, sourceIp }) => [
    new Date(timeMs).toISOString(),
    `${service ?? '?'}:${operation ?? '?'}`,
    errorCode === null ? String(status) : `${status} ${errorCode}`,
    principal?.arn ?? 'unknown',
    sourceIp,
  ])
  printTable(['TIME', 'CALL', 'ANSWER', 'WHO', 'FROM'], rows, `No API calls in the last ${options.last}.`)
}
