/** SCRAM credentials of users. The password itself never leaves this process: the broker gets it salted. */
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from '@millrace/protocol/messages/50-describe-user-scram-credentials'
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import { saltedPassword, SCRAM_ITERATIONS_MIN } from '@millrace/protocol/sasl/scram'
import type { ClusterClient } from '../cluster-client.ts'
import { throwIfError } from '../kafka-error.ts'

export interface ScramUser {
  readonly name: string
  /** Null: the user is to have no credential any more; no error when there is none. */
  readonly password: string | null
}

const SCRAM_SHA_512_NUMBER = 2
const SALT_BYTES = 24
const RESOURCE_NOT_FOUND = 91

/** Names of the users who have a SCRAM credential. */
export async function describeScramUsers(cluster: ClusterClient): Promise<string[]> {
  return cluster.retrying(async () => {
    const response = await cluster.call(
      await cluster.any(),
      describeUserScramCredentialsRequest,
      describeUserScramCredentialsResponse,
      { users: null },
    )
    throwIfError(response.errorCode, response.errorMessage)
    return response.results.map(({ user }) => user)
  })
}

export async function alterScramUsers(
  cluster: ClusterClient,
  users: readonly ScramUser[],
  randomBytes: (count: number) => Uint8Array,
): Promise<void> {
  const mechanism = SCRAM_SHA_512_NUMBER
  const deletions = users.filter(({ password }) => password === null).map(({ name }) => ({ name, mechanism }))
  const upsertions = users.flatMap(({ name, password }) => {
    if (password === null) return []
    const salt = Buffer.from(randomBytes(SALT_BYTES))
    const iterations = SCRAM_ITERATIONS_MIN
    return [{ name, mechanism, iterations, salt, saltedPassword: saltedPassword(password, salt, iterations) }]
  })
  const response = await cluster.retrying(async () => {
    const connection = await cluster.any()
    const answer = await cluster.call(connection, alterUserScramCredentialsRequest, alterUserScramCredentialsResponse, {
      deletions,
      upsertions,
    })
    return answer
  })
  for (const { errorCode, errorMessage } of response.results) {
    if (errorCode !== RESOURCE_NOT_FOUND) throwIfError(errorCode, errorMessage)
  }
}
