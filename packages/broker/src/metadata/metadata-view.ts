/** The face of the broker's metadata to the rest of the broker. */
import type { MetadataImage } from '@millrace/metadata/image'
import type { MetadataChanges } from '@millrace/metadata/changes'

/** Called on the broker's loop, in order of subscription, after the replica manager has applied the change. */
export type MetadataSubscriber = (image: MetadataImage, changes: MetadataChanges) => void
