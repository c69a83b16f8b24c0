/**
 * Opens the services' state: one SQLite file in WAL mode beside the managed service's, driven by Kysely, brought up to the
 * newest schema. A file of its own, because two connections that write one file would wait for each other inside one process.
 */
import { Kysely, type SqliteDatabase as KyselySqlite, SqliteDialect, sql } from 'kysely'
import { migrations, type Tables } from './schema.ts'

export type Database = Kysely<Tables>

export type SqliteValue = null | number | bigint | string | Uint8Array

/** An open database with the `node:sqlite` API; who starts Millrace knows where that comes from. */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): {
    all(...parameters: SqliteValue[]): unknown[]
    run(...parameters: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  }
  close(): void
}

export async function openDatabase(sqlite: SqliteDatabase): Promise<Database> {
  sqlite.exec('PRAGMA journal_mode = WAL')
  sqlite.exec('PRAGMA synchronous = NORMAL')
  // What is deleted is overwritten: a key that is gone must be gone.
  sqlite.exec('PRAGMA secure_delete = ON')
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) })
  await migrate(database)
  // From here on what was answered must be there after a machine crash too: what a key encrypted may be stored elsewhere.
  sqlite.exec('PRAGMA synchronous = FULL')
  return database
}

/** Kysely speaks better-sqlite3's API; a statement that returns rows is read, any other is run. */
function forKysely(sqlite: SqliteDatabase): KyselySqlite {
  return {
    close: () => sqlite.close(),
    prepare: (text) => {
      const statement = sqlite.prepare(text)
      return {
        reader: /^\s*(select|with|pragma)\b|\breturning\b/i.test(text),
        all: (parameters) => statement.all(...(parameters as SqliteValue[])),
        run: (parameters) => statement.run(...(parameters as SqliteValue[])),
        iterate: (parameters) => statement.all(...(parameters as SqliteValue[])).values(),
      }
    },
  }
}

async function migrate(database: Database): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(database)
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(database)
  const current = Math.max(0, ...rows.map(({ version }) => version))
  const newest = migrations.at(-1)?.version ?? 0
  if (current > newest) {
    throw new Error(
      `the services' state is of version ${current}, this Millrace knows ${newest}: use the newer Millrace that wrote it`,
    )
  }
  for (const migration of migrations) {
    if (migration.version <= current) continue
    await database.transaction().execute(async (transaction) => {
      await migration.run(transaction as unknown as Kysely<never>)
      await sql`insert into schema_version (version) values (${migration.version})`.execute(transaction)
    })
  }
}
