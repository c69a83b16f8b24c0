/** When keys and roles were last used, for GetAccessKeyLastUsed and GetRole. Told of every call, written at most once a minute for each. */
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { Logger } from '@millrace/base/logger'
import type { IamStore } from './iam-store.ts'

const WRITTEN_EVERY_MS = 60_000
/** Beyond it the memory of what was written begins anew. */
const REMEMBERED_MAX = 10_000

export class LastUsed {
  readonly #store: IamStore
  readonly #logger: Logger
  /** When it was last written, by access key id or role ARN. */
  readonly #written = new Map<string, number>()

  constructor(store: IamStore, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** Returns at once. */
  onApiCall({ principal, accessKeyId, service, region, timeMs }: ApiCallEvent): void {
    if (principal === null || accessKeyId === null || service === null) return
    const { accountId, roleArn } = principal
    const used = { at: new Date(timeMs).toISOString(), region: region ?? 'us-east-1' }
    if (this.#store.accessKey(accessKeyId) !== null && this.#isDue(accessKeyId, timeMs)) {
      this.#note(accountId, (account) => {
        const key = account['access-key'].get(accessKeyId)
        return key === undefined ? [] : [{ put: 'access-key', entity: { ...key, lastUsed: { ...used, service } } }]
      })
    }
    if (roleArn !== undefined && this.#isDue(roleArn, timeMs)) {
      this.#note(accountId, (account) => {
        const role = account.role.get(roleArn.split('/').at(-1)?.toLowerCase() ?? '')
        return role?.arn === roleArn ? [{ put: 'role', entity: { ...role, lastUsed: used } }] : []
      })
    }
  }

  #isDue(name: string, timeMs: number): boolean {
    const written = this.#written.get(name)
    if (written !== undefined && timeMs - written < WRITTEN_EVERY_MS) return false
    if (this.#written.size >= REMEMBERED_MAX) this.#written.clear()
    this.#written.set(name, timeMs)
    return true
  }

  #note(accountId: string, decide: Parameters<IamStore['note']>[1]): void {
    this.#store.note(accountId, decide).catch((error: unknown) => {
      this.#logger.warn('when a key was last used cannot be written', { error })
    })
  }
}
