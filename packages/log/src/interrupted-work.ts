/**
 * What a stop left half done in a partition directory, by the suffixes of file names (Kafka's order at start): deleted
 * and half-cleaned files go, a finished cleaning is completed, indexes without a log go.
 */
import { nextOffset } from '@millrace/protocol/records/batch-header'
import { scanBatchesSync } from './batch-scan.ts'
import { parseSegmentFileName } from './file-names.ts'
import { type FileAccess, SegmentFile } from './segment-file.ts'

const CLEANED = '.cleaned'
const SWAP = '.swap'

/** `<base>.log` and the like with a suffix of the cleaner behind it. */
function parseWithSuffix(name: string, suffix: string): ReturnType<typeof parseSegmentFileName> {
  return name.endsWith(suffix) ? parseSegmentFileName(name.slice(0, -suffix.length)) : null
}

export function finishInterruptedWork(access: FileAccess, directory: string): void {
  const { disk } = access
  const remove = (name: string): void => disk.removeFile(`${directory}/${name}`)
  const names = disk.list(directory)
  let lowestCleaned = Number.POSITIVE_INFINITY
  for (const name of names) {
    const cleaned = parseWithSuffix(name, CLEANED)
    if (cleaned !== null) lowestCleaned = Math.min(lowestCleaned, cleaned.baseOffset)
    const isDeleted = name.endsWith('.deleted') && !name.endsWith('.checkpoint.deleted')
    if (isDeleted || name.endsWith(CLEANED) || name.endsWith('.tmp')) remove(name)
  }
  finishSwaps(access, directory, names, lowestCleaned)
  removeOrphans(access, directory)
}

/** A group of `.swap` files next to `.cleaned` ones is incomplete and goes; any other replaces the segments it covers. */
function finishSwaps(access: FileAccess, directory: string, names: readonly string[], lowestCleaned: number): void {
  const { disk } = access
  const swaps = names.filter((name) => parseWithSuffix(name, SWAP) !== null)
  const valid: string[] = []
  for (const name of swaps) {
    if ((parseWithSuffix(name, SWAP)?.baseOffset ?? 0) >= lowestCleaned) disk.removeFile(`${directory}/${name}`)
    else valid.push(name)
  }
  let low = Number.POSITIVE_INFINITY
  let high = -1
  for (const name of valid) {
    const parsed = parseWithSuffix(name, SWAP)
    if (parsed === null || parsed.suffix !== '.log') continue
    low = Math.min(low, parsed.baseOffset)
    const file = SegmentFile.at(access, `${directory}/${name}`)
    scanBatchesSync(file, { position: 0, verify: false, minOffset: parsed.baseOffset }, (bytes, at) => {
      high = Math.max(high, nextOffset(bytes, at))
      return 'continue'
    })
    file.close()
  }
  for (const name of names) {
    const parsed = parseSegmentFileName(name)
    if (parsed === null || parsed.suffix === '.snapshot') continue
    if (parsed.baseOffset >= low && parsed.baseOffset < high) disk.removeFile(`${directory}/${name}`)
  }
  for (const name of valid) disk.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -SWAP.length)}`)
}

function removeOrphans(access: FileAccess, directory: string): void {
  const { disk } = access
  const names = new Set(disk.list(directory))
  for (const name of names) {
    const parsed = parseSegmentFileName(name)
    if (parsed === null || parsed.suffix === '.log' || parsed.suffix === '.snapshot') continue
    if (!names.has(`${name.slice(0, 20)}.log`)) disk.removeFile(`${directory}/${name}`)
  }
}
