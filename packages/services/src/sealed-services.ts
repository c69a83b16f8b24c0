/** The services that keep state, opened together: one database, one master key for what is secret. */
import { createAcmPcaService, type AcmPcaService } from './acm-pca/acm-pca-service.ts'
import { checkMasterKey } from './sealing/check-master-key.ts'
import { loadMasterKey } from './sealing/master-key.ts'
import type { RootCredentials } from '@millrace/aws/credentials'
import type { Logger } from '@millrace/base/logger'
import { LastUsed } from './iam/last-used.ts'
import type { Service } from '@millrace/aws/service'
import { createIamService, type IamService } from './iam/iam-service.ts'
import { openIdentity } from './iam/identity.ts'
import { AuthorizationMessages } from './sts/authorization-messages.ts'
import { createStsService } from './sts/sts-service.ts'
import { createEc2Service, type Ec2Service } from './ec2/ec2-service.ts'
import { createKmsService, type KmsService } from './kms/kms-service.ts'
import { createSecretsManagerService, type SecretsManagerService } from './secretsmanager/secretsmanager-service.ts'
import { openDatabase, type SqliteDatabase } from './store/database.ts'

export interface SealedServices {
  readonly iam: IamService
  readonly sts: Service
  /** How the caller of a denied call is told. */
  readonly messages: AuthorizationMessages
  /** To be told of every API call. */
  readonly lastUsed: LastUsed
  readonly kms: KmsService
  readonly secretsManager: SecretsManagerService
  readonly acmPca: AcmPcaService
  readonly ec2: Ec2Service
  close(): Promise<void>
}

export interface SealedServicesOptions {
  /** Of `services.db`, open; closed by `close`. */
  readonly sqlite: SqliteDatabase
  /** Made if missing (sealing/master-key.ts). */
  readonly masterKeyFile: string
  /** Root of each account. */
  readonly root: RootCredentials
  /** When this installation was set up. */
  readonly accountCreated: Date
  readonly logger: Logger
  readonly clock?: () => Date
}

/** @throws MasterKeyError when the master key is none, or not that of the database */
export async function openSealedServices(options: SealedServicesOptions): Promise<SealedServices> {
  const { sqlite, masterKeyFile, root, accountCreated, logger, clock = () => new Date() } = options
  const database = await openDatabase(sqlite)
  try {
    const masterKey = loadMasterKey(masterKeyFile)
    await checkMasterKey(database, masterKey)
    const identity = await openIdentity({ database, masterKey, root, clock })
    const iam = createIamService({ identity, root, accountCreated, clock })
    const messages = new AuthorizationMessages(masterKey)
    const sts = createStsService({ identity, messages, clock })
    const lastUsed = new LastUsed(identity.store, logger)
    const { names } = identity
    const kms = createKmsService({ database, masterKey, names, clock })
    const secretsManager = createSecretsManagerService({
      database,
      keys: kms.keys,
      keyTarget: kms.keyTarget,
      names,
      clock,
    })
    const acmPca = createAcmPcaService({ database, masterKey, clock })
    const ec2 = await createEc2Service({ database, clock })
    return { iam, sts, messages, lastUsed, kms, secretsManager, acmPca, ec2, close: () => database.destroy() }
  } catch (error) {
    await database.destroy()
    throw error
  }
}
