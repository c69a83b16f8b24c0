/** Opens the state database: one SQLite file in WAL mode, driven by Kysely, brought up to the newest schema. */
import { openSqlite, type SqliteDatabase as NodeSqliteDatabase } from '@millrace/engine/sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely'
import { migrations, type Tables } from './schema.ts'

export type Database = Kysely<Tables>

/** @param path of the file, or ':memory:' */
export async function openDatabase(path: string): Promise<Database> {
  const sqlite = openSqlite(path)
  sqlite.exec('PRAGMA journal_mode = WAL')
  // FULL would fsync at every commit; NORMAL may lose the last commits in a machine crash, never consistency, and what
  // runs is looked at again at start.
  sqlite.exec('PRAGMA synchronous = NORMAL')
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) })
  await migrate(database)
  return database
}

/** Kysely speaks better-sqlite3's API; a statement that returns rows is read, any other is run. */
function forKysely(sqlite: NodeSqliteDatabase): SqliteDatabase {
  return {
    close: () => sqlite.close(),
    prepare: (text) => {
      const statement = sqlite.prepare(text)
      return {
        reader: /^\s*(select|with|pragma)\b|\breturning\b/i.test(text),
        all: (parameters) => statement.all(...(parameters as (string | number | null)[])),
        run: (parameters) => statement.run(...(parameters as (string | number | null)[])),
        iterate: (parameters) => statement.all(...(parameters as (string | number | null)[])).values(),
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
      `the state database is of version ${current}, this Millrace knows ${newest}: use the newer Millrace that wrote it`,
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
