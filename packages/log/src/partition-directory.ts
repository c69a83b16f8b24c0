/** Creation of a partition's directory. */
import { type Uuid } from '@millrace/base/uuid'
import type { LogContext } from './log-context.ts'
import { encodePartitionMetadata, PARTITION_METADATA_FILE } from './partition-metadata.ts'
import { StorageError } from './storage-error.ts'

/** Creates `directory` with its `partition.metadata`, which is made durable in the background. Throws StorageError. */
export function createPartitionDirectory(context: LogContext, directory: string, topicId: Uuid): void {
  const { disk } = context.host
  const path = `${directory}/${PARTITION_METADATA_FILE}`
  try {
    disk.makeDirectory(directory)
    if (disk.exists(path)) return
    disk.writeFileAtomic(path, encodePartitionMetadata(topicId), { sync: false })
  } catch (error) {
    throw new StorageError('create', directory, error)
  }
  context.background.run((done) => {
    try {
      const file = disk.open(path, 'r+')
      disk.dataSync(file, () => {
        disk.close(file)
        done()
      })
    } catch {
      // The partition was deleted meanwhile.
      done()
    }
  })
}
