/** `millrace why`: every "no" of late in words, the newest last, and what would turn it. */
import { dataDirectory, internalToken } from '../data-directory.ts'
import { durationMs } from '../duration.ts'
import { requireServer } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'
import type { Explanation } from '../why/why-event.ts'

export interface WhyCommandOptions {
  readonly dataDir?: string
  /** `10m` */
  readonly last: string
  readonly principal?: string
  readonly cluster?: string
  readonly json?: boolean
}

export async function why(options: WhyCommandOptions): Promise<void> {
  const record = requireServer(options.dataDir)
  const query = new URLSearchParams({ lastMs: String(durationMs(options.last, '--last')) })
  if (options.principal !== undefined) query.set('principal', options.principal)
  if (options.cluster !== undefined) query.set('cluster', options.cluster)
  const response = await fetch(`${record.endpoint}/_millrace/why?${query.toString()}`, {
    headers: { authorization: `Bearer ${internalToken(dataDirectory(options.dataDir))}` },
  })
  if (!response.ok) throw new UserError(`${record.endpoint} answered ${response.status}: ${await response.text()}`)
  const { events } = (await response.json()) as { readonly events: readonly Explanation[] }
  if (options.json === true) return printJson({ events })
  if (events.length === 0) {
    process.stdout.write(`Nobody was refused anything in the last ${options.last}.\n`)
    return
  }
  process.stdout.write(events.map(paragraph).join('\n'))
}

function paragraph({ event, who, reason, remedies }: Explanation): string {
  const lines = [`${timeOf(event.lastMs)}  ${who}${times(event)}`, `  ${reason}`]
  for (const { about, lines: steps } of remedies) {
    lines.push(`  ${about}:`)
    for (const step of steps) lines.push(`    ${step}`)
  }
  return `${lines.map(printable).join('\n')}\n`
}

function times({ count, firstMs }: Explanation['event']): string {
  return count === 1 ? '' : ` (${count} times since ${timeOf(firstMs)})`
}

/** Local time, as a clock on the wall shows it; the day only when it is another one. */
function timeOf(ms: number): string {
  const at = new Date(ms)
  const time = at.toTimeString().slice(0, 8)
  return at.toDateString() === new Date().toDateString() ? time : `${at.toISOString().slice(0, 10)} ${time}`
}

/** Names come from clients: what a terminal would obey is shown as it was written. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
