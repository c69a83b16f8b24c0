/** What ends the throttling of a client, in the words of Kafka's own tool: the AWS API has none for it. Pure. */
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'
import { shellWord } from './acl-remedy.ts'
import type { Remedy } from './why-event.ts'

/**
 * Who is made to wait does not show how much it would send, so what is proposed is far from what it has: a quota that is
 * raised to what was measured would only be met again.
 */
const RAISE_FACTOR = 10
const MEASURED_FACTOR = 2

export function quotaRemedies(quota: QuotaExcess): Remedy[] {
  const { key, bound, rate } = quota
  const raised = Math.ceil(Math.max(RAISE_FACTOR * bound, MEASURED_FACTOR * rate))
  const alter = `kafka-configs.sh --bootstrap-server $BS --alter ${entityArguments(quota)}`
  const raise = { about: "Raise it with Kafka's own tool", lines: [`${alter} --add-config ${key}=${raised}`] }
  const remove = {
    about: 'Or take it away; a less specific one holds then, if there is any',
    lines: [`${alter} --delete-config ${key}`],
  }
  return [raise, remove]
}

const TYPE_OPTIONS: Readonly<Record<string, string>> = { user: 'users', 'client-id': 'clients', ip: 'ips' }

/** The options by which kafka-configs.sh names an entity; a limit of brokers themselves is that of all of them. */
function entityArguments({ entity }: QuotaExcess): string {
  if (entity.length === 0) return '--entity-type brokers --entity-default'
  const parts = entity.map(({ entityType, entityName }) => {
    const name = entityName === null ? '--entity-default' : `--entity-name ${shellWord(entityName)}`
    return `--entity-type ${TYPE_OPTIONS[entityType] ?? entityType} ${name}`
  })
  return parts.join(' ')
}
