/**
 * Which partition of `__consumer_offsets` holds a group: abs(hashCode(groupId)) modulo the partition count, with Java's
 * String.hashCode over UTF-16 units and Kafka's abs, for which abs(-2^31) is 0. All brokers and tools must agree on it.
 */
export function partitionForGroup(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  const absolute = hash === -2_147_483_648 ? 0 : Math.abs(hash)
  return absolute % partitionCount
}
