/** What tests of secrets call again and again, by the SDK's clients. */
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { SealedWorld } from './sealed-world.ts'

export class SecretCalls {
  readonly #world: () => SealedWorld

  /** @param world the one of the test that runs */
  constructor(world: () => SealedWorld) {
    this.#world = world
  }

  /** @returns its ARN */
  readonly create = async (name: string, input: object = { SecretString: 'first' }): Promise<string> =>
    (await this.#world().secretsClient.send(new CreateSecretCommand({ Name: name, ...input }))).ARN ?? ''

  /** @returns the id of the version */
  readonly put = async (name: string, value: string, input: object = {}): Promise<string> => {
    const { VersionId } = await this.#world().secretsClient.send(
      new PutSecretValueCommand({ SecretId: name, SecretString: value, ...input }),
    )
    return VersionId ?? ''
  }

  readonly get = async (SecretId: string, input: object = {}): Promise<string | undefined> =>
    (await this.#world().secretsClient.send(new GetSecretValueCommand({ SecretId, ...input }))).SecretString

  /** @returns the ARN of a KMS key */
  readonly newKey = async (): Promise<string> =>
    (await this.#world().kmsClient.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
}

/** A ClientRequestToken. */
export const token = (digit: number): string => `00000000-0000-0000-0000-00000000000${digit}`
