/**
 * The stock AWS CLI, boto3 and the JS SDK keep keys and secrets in a running Millrace: what MSK's users do for SCRAM and
 * for encryption at rest. Then the process is killed and started again, and its data directory is searched.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateKeyCommand, DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

type Answer = Readonly<Record<string, unknown>>

const aws = judge('aws')
const boto3 = judge('boto3')
const password = 'correct-horse-battery-staple'
const login = (username: string, secret = password): string => JSON.stringify({ username, password: secret })

let home: string
let dataDirectory: string
let masterKeyFile: string
let millrace: MillraceProcess

async function start(): Promise<void> {
  process.env['MILLRACE_MASTER_KEY_FILE'] = masterKeyFile
  try {
    millrace = await startMillraceProcess({ dataDirectory })
  } finally {
    delete process.env['MILLRACE_MASTER_KEY_FILE']
  }
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-secrets-'))
  dataDirectory = join(home, 'data')
  masterKeyFile = join(home, 'keys', 'master.key')
  await start()
})
afterAll(async () => {
  await millrace?.stop()
  rmSync(home, { recursive: true, force: true })
})

const settings = () => ({
  endpoint: millrace.endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

async function cli(...args: readonly string[]): Promise<Answer> {
  const { stdout } = await runOk('aws', args, { environment: millrace.environment })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Answer)
}

async function refused(...args: readonly string[]): Promise<string> {
  const { status, stderr } = await run('aws', args, { environment: millrace.environment })
  expect(status).not.toBe(0)
  return stderr
}

// Each call of the command costs a second or more: what more there is, boto3 and the SDK ask.
describe.skipIf(aws === null)('the AWS CLI', () => {
  let key: Answer

  it('makes a customer key, an alias, and an AmazonMSK_ secret under it', async () => {
    key = (await cli('kms', 'create-key', '--description', 'SCRAM'))['KeyMetadata'] as Answer
    await cli('kms', 'create-alias', '--alias-name', 'alias/scram', '--target-key-id', String(key['KeyId']))
    const created = await cli(
      ...['secretsmanager', 'create-secret', '--name', 'AmazonMSK_alice', '--secret-string', login('alice')],
      ...['--kms-key-id', String(key['Arn'])],
    )
    expect(created).toMatchObject({ Name: 'AmazonMSK_alice' })
    const read = await cli('secretsmanager', 'get-secret-value', '--secret-id', String(created['ARN']))
    expect(JSON.parse(String(read['SecretString']))).toEqual({ username: 'alice', password })
  })

  it('encrypts and decrypts a file', async () => {
    const [plain, sealed] = [join(home, 'plain'), join(home, 'sealed')]
    writeFileSync(plain, 'attack at dawn')
    const context = ['--encryption-context', 'purpose=test,team=orders']
    const { CiphertextBlob } = await cli(
      ...['kms', 'encrypt', '--key-id', 'alias/scram', '--plaintext', `fileb://${plain}`, ...context],
    )
    writeFileSync(sealed, Buffer.from(String(CiphertextBlob), 'base64'))
    const decrypted = await cli('kms', 'decrypt', '--ciphertext-blob', `fileb://${sealed}`, ...context)
    expect(Buffer.from(String(decrypted['Plaintext']), 'base64').toString()).toBe('attack at dawn')
  })

  it('cannot read the secret while its key is disabled', async () => {
    await cli('kms', 'disable-key', '--key-id', String(key['KeyId']))
    expect(await refused('secretsmanager', 'get-secret-value', '--secret-id', 'AmazonMSK_alice')).toMatch(
      /DecryptionFailure.*is disabled/,
    )
  })
})

const python = `
import boto3, json
from botocore.exceptions import ClientError

secrets, kms = boto3.client('secretsmanager'), boto3.client('kms')
arn = secrets.create_secret(Name='boto', SecretBinary=b'\\x00\\xff')['ARN']
assert secrets.get_secret_value(SecretId=arn)['SecretBinary'] == b'\\x00\\xff'
secrets.update_secret(SecretId='boto', SecretString='text', Description='now text')
assert secrets.get_secret_value(SecretId='boto')['SecretString'] == 'text'
names = [s['Name'] for page in secrets.get_paginator('list_secrets').paginate(PaginationConfig={'PageSize': 1}) for s in page['SecretList']]
assert 'boto' in names, names
secrets.delete_secret(SecretId='boto', RecoveryWindowInDays=7)
try:
    secrets.get_secret_value(SecretId='boto')
    raise AssertionError('a deleted secret was told')
except secrets.exceptions.InvalidRequestException as error:
    assert 'marked for deletion' in str(error), error
secrets.restore_secret(SecretId='boto')
one = secrets.get_secret_value(SecretId='boto')['VersionId']
two = secrets.put_secret_value(SecretId='boto', SecretString='next', VersionStages=['AWSPENDING'])['VersionId']
secrets.update_secret_version_stage(SecretId='boto', VersionStage='AWSCURRENT', RemoveFromVersionId=one, MoveToVersionId=two)
assert secrets.get_secret_value(SecretId='boto')['SecretString'] == 'next'
assert secrets.get_secret_value(SecretId='boto', VersionStage='AWSPREVIOUS')['SecretString'] == 'text'
assert len(secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True)['RandomPassword']) == 20
secrets.delete_secret(SecretId='boto', ForceDeleteWithoutRecovery=True)
try:
    secrets.describe_secret(SecretId='boto')
    raise AssertionError('a removed secret was described')
except secrets.exceptions.ResourceNotFoundException:
    pass

key = kms.create_key(Tags=[{'TagKey': 'a', 'TagValue': 'b'}])['KeyMetadata']['KeyId']
data_key = kms.generate_data_key(KeyId=key, KeySpec='AES_256', EncryptionContext={'x': 'y'})
assert kms.decrypt(CiphertextBlob=data_key['CiphertextBlob'], EncryptionContext={'x': 'y'})['Plaintext'] == data_key['Plaintext']
try:
    kms.decrypt(CiphertextBlob=data_key['CiphertextBlob'])
    raise AssertionError('decrypted in another context')
except kms.exceptions.InvalidCiphertextException:
    pass
kms.enable_key_rotation(KeyId=key)
assert kms.get_key_rotation_status(KeyId=key)['KeyRotationEnabled']
kms.put_key_policy(KeyId=key, Policy=kms.get_key_policy(KeyId=key)['Policy'])
kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
try:
    kms.encrypt(KeyId=key, Plaintext=b'x')
    raise AssertionError('a key to be deleted encrypted')
except kms.exceptions.KMSInvalidStateException:
    pass
assert any(k['KeyId'] == key for page in kms.get_paginator('list_keys').paginate() for k in page['Keys'])
print(json.dumps('done'))
`

describe.skipIf(boto3 === null)('boto3', () => {
  it('walks a secret and a key through their lives, with its typed errors', async () => {
    const { stdout } = await runOk('python3', ['-c', python], { environment: millrace.environment })
    expect(stdout.trim()).toBe('"done"')
  })
})

describe('after kill -9', () => {
  it('everything is there again, sealed by the same master key', async () => {
    const { KeyMetadata } = await new KMSClient(settings()).send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.KeyId ?? ''
    const { CiphertextBlob } = await new KMSClient(settings()).send(
      new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }),
    )
    const { ARN } = await new SecretsManagerClient(settings()).send(
      new CreateSecretCommand({ Name: 'AmazonMSK_bob', SecretString: login('bob'), KmsKeyId: KeyId }),
    )
    const exited = new Promise((resolve) => millrace.process.once('exit', resolve))
    millrace.process.kill('SIGKILL')
    await exited
    await start()
    const { SecretString } = await new SecretsManagerClient(settings()).send(
      new GetSecretValueCommand({ SecretId: ARN }),
    )
    expect(SecretString).toBe(login('bob'))
    const { Plaintext } = await new KMSClient(settings()).send(new DecryptCommand({ CiphertextBlob }))
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('kept')
  })

  it('no value is anywhere in the data directory, nor in the log', () => {
    const wanted = [password, Buffer.from(password).toString('base64').slice(0, 20), 'attack at dawn']
    for (const file of filesBelow(dataDirectory)) {
      const bytes = readFileSync(file)
      for (const text of wanted) expect([file, bytes.includes(text)]).toEqual([file, false])
    }
    expect(statSync(masterKeyFile).mode & 0o777).toBe(0o600)
  })

  it('another master key is refused in one sentence', async () => {
    await millrace.stop()
    const right = masterKeyFile
    masterKeyFile = join(home, 'keys', 'other.key')
    await expect(start()).rejects.toThrow('sealed with another master key')
    masterKeyFile = right
    await start()
  })
})

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
