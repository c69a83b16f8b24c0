/** What a share group is set to: its own configs (GROUP resource), else the broker's. */
import { groupNumber, groupValue } from '@millrace/metadata/configs/effective'
import type { BrokerRuntime } from '../broker-runtime.ts'

export interface ShareSettings {
  /** How long a delivered record is locked. */
  readonly recordLockMs: number
  /** After so many deliveries a record that comes back is archived. */
  readonly deliveryCountMax: number
  /** Records between start offset and end of the window at most. */
  readonly windowMax: number
  /** Only records of committed transactions are delivered. */
  readonly readCommitted: boolean
  /** latest, earliest, or by_duration:<ISO 8601 duration>. */
  readonly autoOffsetReset: string
}

export function shareSettings({ settings }: BrokerRuntime, groupId: string): ShareSettings {
  const { context } = settings
  return {
    recordLockMs: groupNumber(context, groupId, 'share.record.lock.duration.ms'),
    deliveryCountMax: settings.number('group.share.delivery.count.limit'),
    windowMax: settings.number('group.share.partition.max.record.locks'),
    readCommitted: groupValue(context, groupId, 'share.isolation.level') === 'read_committed',
    autoOffsetReset: groupValue(context, groupId, 'share.auto.offset.reset'),
  }
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
const BY_DURATION = 'by_duration:'

/** The duration of `by_duration:PnDTnHnMn.nS` in ms; null for another strategy. */
export function resetDurationMs(autoOffsetReset: string): number | null {
  if (!autoOffsetReset.startsWith(BY_DURATION)) return null
  const match = DURATION.exec(autoOffsetReset.slice(BY_DURATION.length))
  if (match === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + Math.round(seconds * 1000)
}
