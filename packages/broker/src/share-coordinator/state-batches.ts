/** Putting stored batches of delivery states together. */
import type { StateBatch } from './share-state.ts'

/**
 * `newer` over `older`, cut at `startOffset`: in offset order, disjoint, neighbours of one state and count in one. Both are
 * sorted by first offset and disjoint in themselves when they come from a share partition; any order is accepted.
 */
export function combineBatches(
  older: readonly StateBatch[],
  newer: readonly StateBatch[],
  startOffset: number,
): StateBatch[] {
  let batches: StateBatch[] = [...older]
  for (const batch of newer) batches = overlaid(batches, batch)
  const combined: StateBatch[] = []
  for (const batch of batches) {
    if (batch.lastOffset < startOffset) continue
    const cut = batch.firstOffset < startOffset ? { ...batch, firstOffset: startOffset } : batch
    const last = combined.at(-1)
    if (last !== undefined && joins(last, cut)) combined[combined.length - 1] = { ...last, lastOffset: cut.lastOffset }
    else combined.push(cut)
  }
  return combined
}

function joins(left: StateBatch, right: StateBatch): boolean {
  return (
    left.lastOffset + 1 === right.firstOffset &&
    left.deliveryState === right.deliveryState &&
    left.deliveryCount === right.deliveryCount
  )
}

/** `batches` with what `batch` covers replaced by it. */
function overlaid(batches: readonly StateBatch[], batch: StateBatch): StateBatch[] {
  const result: StateBatch[] = []
  let placed = false
  const place = (): void => {
    if (!placed) result.push(batch)
    placed = true
  }
  for (const each of batches) {
    if (each.lastOffset < batch.firstOffset) {
      result.push(each)
      continue
    }
    if (each.firstOffset < batch.firstOffset) result.push({ ...each, lastOffset: batch.firstOffset - 1 })
    place()
    if (each.firstOffset > batch.lastOffset) result.push(each)
    else if (each.lastOffset > batch.lastOffset) result.push({ ...each, firstOffset: batch.lastOffset + 1 })
  }
  place()
  return result
}
