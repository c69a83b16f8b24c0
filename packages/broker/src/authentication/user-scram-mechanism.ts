/** SCRAM-SHA-512 for clients: users and what is kept of their passwords are in the metadata (AlterUserScramCredentials). */
import type { Random } from '@millrace/base/host'
import { scramKey, type MetadataImage, type ScramCredential } from '@millrace/metadata/image'
import type { SaslMechanism } from '@millrace/network/sasl/sasl-mechanism'
import { scramMechanism } from '@millrace/network/sasl/scram-mechanism'

const SCRAM_SHA_512_NUMBER = 2

/** @param image the newest metadata: a changed password counts from the next login on */
export function userScramMechanism(random: Random, image: () => MetadataImage): SaslMechanism {
  return scramMechanism({
    random,
    credentialOf: (user) => scramCredentialOf(image(), user),
    principalOf: (user) => `User:${user}`,
    remedyOf: (user, known) =>
      known
        ? `The password is not the one in the secret of ${user}: look with \`aws secretsmanager get-secret-value\`.`
        : `No associated secret has the user ${user}: \`aws kafka batch-associate-scram-secret\` makes it a login.`,
  })
}

/** Null: there is no such user, or not any more. */
export function scramCredentialOf(image: MetadataImage, user: string): ScramCredential | null {
  return image.scramCredentials.get(scramKey(SCRAM_SHA_512_NUMBER, user)) ?? null
}
