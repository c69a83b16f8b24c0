/** Why a cleaning ended early, besides a refusal of the disk (StorageError) and a CorruptBatch. */

/** The log was cut, lost segments to retention, or was closed: nothing is wrong, and the next round looks again. */
export class CleaningAborted extends Error {
  constructor() {
    super('the log changed while it was being compacted')
  }
}
