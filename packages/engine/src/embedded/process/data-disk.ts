/** The disk that a node keeps its data on: the machine's own, or the same sealed by the node's data key. */
import type { Host } from '@millrace/base/host'
import { giveBack } from '@millrace/host/give-back'
import { SealedDisk } from '@millrace/log/sealing/sealed-disk'
import { DATA_KEY_BYTES } from '@millrace/log/sealing/extent'
import type { NodeSecrets } from '../node-config.ts'

/** @throws Error when the data key is none */
export function withDataDisk(host: Host, { dataKey }: NodeSecrets): Host {
  if (dataKey === undefined) return host
  const key = Buffer.from(dataKey, 'base64')
  if (key.length !== DATA_KEY_BYTES) throw new Error(`the data key has ${key.length} bytes, not ${DATA_KEY_BYTES}`)
  return {
    ...host,
    disk: new SealedDisk({ disk: host.disk, dataKey: key, random: host.random, clock: host.clock, giveBack }),
  }
}
