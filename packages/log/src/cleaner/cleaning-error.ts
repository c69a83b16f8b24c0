/** Why a cleaning ended early, besides a refusal of the disk (StorageError). */

/** The log was cut, lost segments to retention, or was closed: nothing is wrong, and the next round looks again. */
export class CleaningAborted extends Error {
  constructor() {
    super('the log changed while it was being compacted')
  }
}

/** A batch on disk is not what was written. The log is not compacted any more: it would copy or lose what is there. */
export class CorruptSegment extends Error {
  constructor(path: string, position: number, problem: string) {
    super(`${path} is corrupt at position ${position}: ${problem}`)
  }
}
