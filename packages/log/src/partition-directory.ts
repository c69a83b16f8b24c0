/** Creation of a partition's directory. */
import type { Uuid } from '@millrace/base/uuid'
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
  context.background.run((done) => syncPartitionMetadata(context, directory, () => done()))
}

/** Makes `partition.metadata` durable: before anything else of the partition is promised to be. */
export function syncPartitionMetadata(
  context: LogContext,
  directory: string,
  callback: (error: Error | null) => void,
): void {
  const { disk } = context.host
  const path = `${directory}/${PARTITION_METADATA_FILE}`
  let file: number
  try {
    file = disk.open(path, 'r+')
  } catch (error) {
    callback(new StorageError('open', path, error))
    return
  }
  disk.dataSync(file, (error) => {
    disk.close(file)
    callback(error === null ? null : new StorageError('fdatasync', path, error))
  })
}
