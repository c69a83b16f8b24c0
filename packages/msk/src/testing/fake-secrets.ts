/** Secrets Manager and the users of Kafka as the tests of SCRAM hold them in their hand. */
import type { ScramUser } from '../scram/scram-users.ts'
import type { SecretReading, SecretSource } from '../scram/secret-source.ts'
import type { Cluster } from '../store/records.ts'
import { keyArn } from './fake-keys.ts'

export class FakeSecrets implements SecretSource {
  readonly #secrets = new Map<string, SecretReading>()
  readonly #listeners = new Set<(secretArn: string) => void>()
  #versions = 0

  /** Creates the secret or gives it another value; tells of it. */
  put(name: string, value: unknown, change: Partial<SecretReading> = {}): string {
    const arn = secretArn(name)
    this.#secrets.set(arn, {
      name,
      arn,
      kmsKeyId: keyArn('secrets'),
      secretString: typeof value === 'string' ? value : JSON.stringify(value),
      versionId: `v${++this.#versions}`,
      deleted: false,
      unreadable: null,
      ...change,
    })
    this.#tell(arn)
    return arn
  }

  delete(name: string): void {
    this.#secrets.delete(secretArn(name))
    this.#tell(secretArn(name))
  }

  readSecret(arn: string): Promise<SecretReading | null> {
    return Promise.resolve(this.#secrets.get(arn) ?? null)
  }

  subscribe(listener: (arn: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(arn: string): void {
    for (const listener of this.#listeners) listener(arn)
  }
}

export function secretArn(name: string): string {
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`
}

/** Passwords by user, per cluster. */
export class FakeScramUsers {
  readonly passwords: Map<string, string> = new Map()
  /** Thrown by the next call. */
  failure: Error | null = null
  /** The next call goes on when it is resolved. */
  hold: Promise<void> | null = null
  /** How many calls are held. */
  waiting = 0

  readonly set = async (_cluster: Cluster, users: readonly ScramUser[]): Promise<void> => {
    const { failure, hold } = this
    this.failure = null
    this.hold = null
    if (failure !== null) throw failure
    this.waiting += 1
    if (hold !== null) await hold
    this.waiting -= 1
    for (const { name, password } of users) {
      if (password === null) this.passwords.delete(name)
      else this.passwords.set(name, password)
    }
  }
}
