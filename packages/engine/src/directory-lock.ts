/**
 * An exclusive lock on a directory that dies with its holder: an open exclusive SQLite transaction on the file `.lock`
 * (Node has no flock). Nothing is ever written to that file, so a crash leaves nothing to repair.
 *
 * POSIX record locks belong to the process and go when it closes *any* descriptor of the file: nothing else in the
 * holder's process may open `.lock`.
 */
import { join } from 'node:path'
import { isBusyError, openSqlite, type SqliteDatabase } from './sqlite.ts'

export interface DirectoryLock {
  release(): void
}

const LOCK_FILE = '.lock'

/** Takes the lock on `directory`, which must exist; null when another process holds it. */
export function acquireDirectoryLock(directory: string): DirectoryLock | null {
  const database = lockDatabase(directory)
  if (database === null) return null
  return { release: () => database.close() }
}

/** True while some process holds the lock. A directory that is missing is not locked. */
export function isDirectoryLocked(directory: string): boolean {
  let lock: DirectoryLock | null
  try {
    lock = acquireDirectoryLock(directory)
  } catch {
    return false
  }
  lock?.release()
  return lock === null
}

function lockDatabase(directory: string): SqliteDatabase | null {
  const database = openSqlite(join(directory, LOCK_FILE))
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (isBusyError(error)) return null
    throw error
  }
}
