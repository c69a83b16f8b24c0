/** The key that signs for one day, region and service: derived from the secret, which cannot be had back from it. */
import { createHmac } from 'node:crypto'

/** @param date `20260501` */
export function deriveSigningKey(secret: string, date: string, region: string, service: string): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secret}`, 'utf8'),
  )
}
