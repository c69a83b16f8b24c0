/**
 * Keys and secrets of this installation: `services.db` in the data directory, sealed by the master key of
 * MILLRACE_MASTER_KEY_FILE, or, where nobody chose a place, by `master.key` beside the database.
 */
import { chmodSync, existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RootCredentials } from '@millrace/aws/credentials'
import type { Logger } from '@millrace/base/logger'
import { openSqlite } from '@millrace/engine/sqlite'
import { MasterKeyError } from '@millrace/services/sealing/master-key'
import { openSealedServices, type SealedServices } from '@millrace/services/sealed-services'
import { UserError } from '../user-error.ts'

/** @throws UserError when the master key cannot be had or is not the one that sealed the state */
export async function sealedServices(dataDir: string, root: RootCredentials, logger: Logger): Promise<SealedServices> {
  const chosen = process.env['MILLRACE_MASTER_KEY_FILE']
  const masterKeyFile = chosen === undefined || chosen === '' ? join(dataDir, 'master.key') : resolve(chosen)
  const path = join(dataDir, 'services.db')
  try {
    const services = await openSealedServices({
      sqlite: openSqlite(path),
      masterKeyFile,
      root,
      accountCreated: statSync(dataDir).birthtime,
      logger,
    })
    chmodSync(path, 0o600)
    warnOf(masterKeyFile, dataDir, logger)
    return services
  } catch (error) {
    if (error instanceof MasterKeyError) throw new UserError(error.message)
    if ((error as NodeJS.ErrnoException).path === masterKeyFile)
      throw new UserError(`The master key cannot be read or made: ${(error as Error).message}`)
    throw error
  }
}

function warnOf(masterKeyFile: string, dataDir: string, logger: Logger): void {
  if (!existsSync(masterKeyFile)) return
  if ((statSync(masterKeyFile).mode & 0o077) !== 0)
    logger.warn('others may read the master key: chmod 600', { file: masterKeyFile })
  if (masterKeyFile === join(dataDir, 'master.key'))
    logger.info('the master key lies beside what it seals: MILLRACE_MASTER_KEY_FILE puts it elsewhere', {
      file: masterKeyFile,
    })
}
