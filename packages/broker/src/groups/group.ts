/** The kinds of groups that share ids, offsets and `__consumer_offsets`. A new kind is added here; the compiler then names every place that tells them apart. */
import type { ClassicGroup } from './classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ShareGroup } from './share/share-group.ts'

export type Group = ClassicGroup | ConsumerGroup | ShareGroup
