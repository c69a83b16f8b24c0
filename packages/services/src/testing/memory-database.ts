/** A database in memory, or in a file to be opened again, for unit tests. */
import { createRequire } from 'node:module'
import { openDatabase, type Database, type SqliteDatabase } from '../store/database.ts'

export function openTestDatabase(path = ':memory:'): Promise<Database> {
  const { DatabaseSync } = createRequire(import.meta.url)('@photostructure/sqlite') as {
    readonly DatabaseSync: new (path: string) => SqliteDatabase
  }
  return openDatabase(new DatabaseSync(path))
}
