/** AlterClientQuotas (49): every entity succeeds or fails on its own; only real changes become records. kafka-protocol §6.6. */
import { quotaEntityKey } from '@millrace/metadata/image'
import { entityError, quotaError, quotaKeyError } from '@millrace/metadata/quotas/quota-keys'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponseInput,
} from '@millrace/protocol/messages/49-alter-client-quotas'
import type { ControlState, Decision } from '../decision.ts'

type Entry = AlterClientQuotasRequest['entries'][number]

export function alterClientQuotas(
  state: ControlState,
  { entries, validateOnly }: AlterClientQuotasRequest,
): Decision<AlterClientQuotasResponseInput> {
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const answers = entries.map((entry) => {
    const key = quotaEntityKey(entry.entity)
    const decided = seen.has(key) ? 'Each entity must appear at most once.' : entryRecords(state, entry)
    seen.add(key)
    if (typeof decided !== 'string') records.push(...decided)
    const errorMessage = typeof decided === 'string' ? decided : null
    const errorCode = errorMessage === null ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
    return { errorCode, errorMessage, entity: entry.entity }
  })
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, entries: answers } }
}

/** The records of one entity, or what is wrong with it. */
function entryRecords({ image }: ControlState, { entity, ops }: Entry): MetadataRecord[] | string {
  const refused = entityError(entity)
  if (refused !== null) return refused
  const current = image.clientQuotas.get(quotaEntityKey(entity))?.values
  const wanted = new Map<string, number | null>()
  for (const { key, value, remove } of ops) {
    const complaint = remove ? quotaKeyError(entity, key) : quotaError(entity, key, value)
    if (complaint !== null) return complaint
    wanted.set(key, remove ? null : value)
  }
  const records: MetadataRecord[] = []
  for (const [key, value] of wanted) {
    if ((current?.get(key) ?? null) === value) continue
    const body = { entity: [...entity], key, value: value ?? 0, remove: value === null }
    records.push({ type: RecordType.CLIENT_QUOTA, version: 0, body })
  }
  return records
}
