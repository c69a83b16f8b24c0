/** The face of the broker's metadata to the rest of the broker. */
import type { MetadataFollower } from './metadata-follower.ts'

export type { MetadataSubscriber } from './metadata-follower.ts'

/** The last published image, a way to hear of the next, and a way to wait for one. A test gives its own. */
export type MetadataView = Pick<MetadataFollower, 'image' | 'subscribe' | 'awaitOffset'>
