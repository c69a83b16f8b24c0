/** The services that keep secrets, opened together: one database, one master key. */
import { checkMasterKey } from './sealing/check-master-key.ts'
import { loadMasterKey } from './sealing/master-key.ts'
import { createKmsService, type KmsService } from './kms/kms-service.ts'
import { createSecretsManagerService, type SecretsManagerService } from './secretsmanager/secretsmanager-service.ts'
import { openDatabase, type SqliteDatabase } from './store/database.ts'

export interface SealedServices {
  readonly kms: KmsService
  readonly secretsManager: SecretsManagerService
  close(): Promise<void>
}

export interface SealedServicesOptions {
  /** Of `services.db`, open; closed by `close`. */
  readonly sqlite: SqliteDatabase
  /** Made if missing (sealing/master-key.ts). */
  readonly masterKeyFile: string
  readonly clock?: () => Date
}

/** @throws MasterKeyError when the master key is none, or not that of the database */
export async function openSealedServices(options: SealedServicesOptions): Promise<SealedServices> {
  const { sqlite, masterKeyFile, clock = () => new Date() } = options
  const database = await openDatabase(sqlite)
  try {
    const masterKey = loadMasterKey(masterKeyFile)
    await checkMasterKey(database, masterKey)
    const kms = createKmsService({ database, masterKey, clock })
    const secretsManager = createSecretsManagerService({ database, keys: kms.keys, clock })
    return { kms, secretsManager, close: () => database.destroy() }
  } catch (error) {
    await database.destroy()
    throw error
  }
}
