/** Putting stored batches of delivery states together. */
import type { StateBatch } from './share-state.ts'

/**
 * `newer` and `older` together, cut at `startOffset`: in offset order, disjoint, neighbours of one state and count in one.
 * Where both speak of a record, what is further counts, whoever says it last: more deliveries, or of as many the later
 * state. Within a state epoch records only go forward, and a write that was long on its way, or is repeated, must not
 * take back what came to be known since. The same rule as Kafka's, and the order of writes does not matter.
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

/** `batches` and `batch` together, without joining neighbours. */
function overlaid(batches: readonly StateBatch[], batch: StateBatch): StateBatch[] {
  const result: StateBatch[] = []
  /** What of `batch` has no place yet. */
  let from = batch.firstOffset
  const placeUpTo = (end: number): void => {
    const lastOffset = Math.min(end, batch.lastOffset)
    if (from <= lastOffset) result.push({ ...batch, firstOffset: from, lastOffset })
    from = Math.max(from, lastOffset + 1)
  }
  for (const each of batches) {
    if (each.lastOffset < from) {
      result.push(each)
      continue
    }
    placeUpTo(each.firstOffset - 1)
    const firstCommon = Math.max(each.firstOffset, from)
    const lastCommon = Math.min(each.lastOffset, batch.lastOffset)
    if (firstCommon > lastCommon) {
      result.push(each)
      continue
    }
    if (each.firstOffset < firstCommon) result.push({ ...each, lastOffset: firstCommon - 1 })
    if (isFurther(batch, each)) placeUpTo(lastCommon)
    else result.push({ ...each, firstOffset: firstCommon, lastOffset: lastCommon })
    from = lastCommon + 1
    if (each.lastOffset > lastCommon) result.push({ ...each, firstOffset: lastCommon + 1 })
  }
  placeUpTo(batch.lastOffset)
  return result
}

function isFurther(one: StateBatch, other: StateBatch): boolean {
  if (one.deliveryCount !== other.deliveryCount) return one.deliveryCount > other.deliveryCount
  return one.deliveryState > other.deliveryState
}
