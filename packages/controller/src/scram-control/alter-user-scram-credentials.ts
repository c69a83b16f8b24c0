/** AlterUserScramCredentials (51, KIP-554; kafka-protocol §6.4): every user succeeds or fails on its own. */
import { scramKey } from '@millrace/metadata/image'
import { RecordType, type MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponseInput,
} from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import { scramDigest, SCRAM_ITERATIONS_MIN, scramCredential } from '@millrace/protocol/sasl/scram'
import type { ControlState, Decision, ItemError } from '../decision.ts'

type Deletion = AlterUserScramCredentialsRequest['deletions'][number]
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]

/** More would let one login hold a broker for long. */
const ITERATIONS_MAX = 16_384

export function alterUserScramCredentials(
  state: ControlState,
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
): Decision<AlterUserScramCredentialsResponseInput> {
  const times = new Map<string, number>()
  for (const { name } of [...deletions, ...upsertions]) times.set(name, (times.get(name) ?? 0) + 1)
  const refusals = new Map<string, ItemError>()
  const records: MetadataRecord[] = []
  const decide = (name: string, refusal: ItemError | null, record: () => MetadataRecord): void => {
    const twice = (times.get(name) ?? 0) > 1
    const error = twice
      ? refused(ErrorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request')
      : refusal
    if (error === null) records.push(record())
    else refusals.set(name, error)
  }
  for (const deletion of deletions) decide(deletion.name, deletionRefusal(state, deletion), () => removal(deletion))
  for (const upsertion of upsertions) decide(upsertion.name, upsertionRefusal(upsertion), () => credential(upsertion))
  const results = [...times.keys()].map((user) => ({
    user,
    errorCode: refusals.get(user)?.errorCode ?? ErrorCode.NONE,
    errorMessage: refusals.get(user)?.errorMessage ?? null,
  }))
  return { records, response: { throttleTimeMs: 0, results } }
}

function deletionRefusal({ image }: ControlState, { name, mechanism }: Deletion): ItemError | null {
  if (name === '') return refused(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty')
  if (scramDigest(mechanism) === null) return refused(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
  if (image.scramCredentials.has(scramKey(mechanism, name))) return null
  return refused(ErrorCode.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist')
}

function upsertionRefusal({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): ItemError | null {
  if (name === '') return refused(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty')
  if (scramDigest(mechanism) === null) return refused(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
  if (iterations < SCRAM_ITERATIONS_MIN)
    return refused(ErrorCode.UNACCEPTABLE_CREDENTIAL, `Too few iterations: at least ${SCRAM_ITERATIONS_MIN}`)
  if (iterations > ITERATIONS_MAX)
    return refused(ErrorCode.UNACCEPTABLE_CREDENTIAL, `Too many iterations: at most ${ITERATIONS_MAX}`)
  if (salt.length === 0 || saltedPassword.length === 0)
    return refused(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Salt and salted password must not be empty')
  return null
}

function removal({ name, mechanism }: Deletion): MetadataRecord {
  return { type: RecordType.REMOVE_USER_SCRAM_CREDENTIAL, version: 0, body: { name, mechanism } }
}

/** What is kept can check the password and is not the password: the salted one goes no further. */
function credential({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): MetadataRecord {
  const digest = scramDigest(mechanism) ?? 'sha512'
  const { storedKey, serverKey } = scramCredential(saltedPassword, salt, iterations, digest)
  const body = { name, mechanism, salt: Buffer.from(salt), storedKey, serverKey, iterations }
  return { type: RecordType.USER_SCRAM_CREDENTIAL, version: 0, body }
}

function refused(errorCode: number, errorMessage: string): ItemError {
  return { errorCode, errorMessage }
}
