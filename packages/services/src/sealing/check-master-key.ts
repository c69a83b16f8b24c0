/** Does the master key belong to the state? Asked once at start: later every single secret would fail to open. */
import type { Database } from '../store/database.ts'
import { MasterKeyError } from './master-key.ts'
import { openSealed, seal } from './seal.ts'

const SETTING = 'master key check'
const about = Buffer.from(SETTING)

/** Writes the check into a new state. @throws MasterKeyError when the state was sealed with another key */
export async function checkMasterKey(database: Database, masterKey: Uint8Array): Promise<void> {
  const row = await database.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst()
  if (row === undefined) {
    const value = seal(masterKey, Buffer.alloc(0), about).toString('base64')
    await database.insertInto('settings').values({ name: SETTING, value }).execute()
    return
  }
  try {
    openSealed(masterKey, Buffer.from(row.value, 'base64'), about)
  } catch (cause) {
    throw new MasterKeyError(
      'The keys and secrets in the data directory were sealed with another master key. Give that one by MILLRACE_MASTER_KEY_FILE (without it, it is the file master.key of the data directory).',
      { cause },
    )
  }
}
