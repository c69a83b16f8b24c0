/** Why an append was refused or taken back, without a fault of the disk. The log stays usable. */
export class AppendError extends Error {
  override readonly name = 'AppendError'
  /**
   * 'corrupt': the bytes are no whole, valid batches; 'unexpected-offset': they do not continue the log;
   * 'truncated': the log was truncated before they were written; 'closed': the log was closed.
   */
  readonly reason: 'corrupt' | 'unexpected-offset' | 'truncated' | 'closed'

  constructor(reason: AppendError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}
