/**
 * SQLite by the `node:sqlite` API: Node's own where it is there (22 and later), else `@photostructure/sqlite`, which
 * has the same API. Serves as the state store of the control plane and as the lock on a directory.
 */
import { createRequire, isBuiltin } from 'node:module'

export type SqliteValue = null | number | bigint | string | Uint8Array

export interface SqliteStatement {
  all(...parameters: SqliteValue[]): unknown[]
  get(...parameters: SqliteValue[]): unknown
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
}

export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase
}

/** Opens (and creates) the database file at `path`; ':memory:' keeps it in memory. */
export function openSqlite(path: string): SqliteDatabase {
  return new (sqliteModule().DatabaseSync)(path)
}

/** True for the error SQLite gives while another connection holds the lock (SQLITE_BUSY). */
export function isBusyError(error: unknown): boolean {
  return error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message)
}

function sqliteModule(): SqliteModule {
  const require = createRequire(import.meta.url)
  if (isBuiltin('node:sqlite')) return requireQuietly(require, 'node:sqlite')
  try {
    return require('@photostructure/sqlite') as SqliteModule
  } catch (cause) {
    throw new Error(
      `Node ${process.version} has no node:sqlite and the package @photostructure/sqlite cannot be loaded: run npm install again, or use Node 22.13 or later.`,
      { cause },
    )
  }
}

/** Node 22 prints an ExperimentalWarning when node:sqlite is first loaded; the API used here is stable enough for us. */
function requireQuietly(require: NodeJS.Require, name: string): SqliteModule {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => {}
  try {
    return require(name) as SqliteModule
  } finally {
    process.emitWarning = emitWarning
  }
}
