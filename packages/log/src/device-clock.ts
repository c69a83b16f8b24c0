/**
 * The clock by which reads and writes are told to be held up by the device: it stands still while the disk works on the
 * bytes themselves, which takes as long on any device.
 */
import type { Clock, Host } from '@millrace/base/host'

export function deviceClock({ clock, disk }: Pick<Host, 'clock' | 'disk'>): Clock {
  if (disk.workedMs === undefined) return clock
  return { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() - (disk.workedMs ?? 0) }
}
