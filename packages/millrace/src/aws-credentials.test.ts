import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { environmentCredentials, profileOf, type Environment } from './aws-credentials.ts'

let directory: string
let env: Environment
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-aws-'))
  env = { AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'), AWS_CONFIG_FILE: join(directory, 'config') }
})
afterEach(() => rmSync(directory, { recursive: true }))

const keys = (text: string): void => writeFileSync(join(directory, 'credentials'), text)
const config = (text: string): void => writeFileSync(join(directory, 'config'), text)

test('the environment has a key only when both halves are there', () => {
  expect(environmentCredentials({ AWS_ACCESS_KEY_ID: 'AKIA' })).toBeNull()
  expect(environmentCredentials({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 's' })).toBeNull()
  expect(
    environmentCredentials({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: '' }),
  ).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: null, source: 'the environment' })
})

test('without files there is no default profile, and a named one is missed', () => {
  expect(profileOf(env)).toBeNull()
  expect(() => profileOf({ ...env, AWS_PROFILE: 'staging' })).toThrow('There is no AWS profile staging')
})

test('a profile is of both files, and the keys of the credentials file come first', () => {
  keys('# mine\r\n[ staging ]\r\naws_access_key_id = AKIA\naws_secret_access_key=a/b=c\naws_session_token = t\n')
  config(
    '[default]\nregion = eu-west-1\n[profile staging]\nregion=us-west-2\ns3 =\n  region = nested\naws_access_key_id = X\n',
  )
  expect(profileOf({ ...env, AWS_PROFILE: 'staging' })).toEqual({
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'a/b=c', sessionToken: 't', source: 'the profile staging' },
    region: 'us-west-2',
  })
  // A default profile that names a region alone has no credentials to offer.
  expect(profileOf(env)).toBeNull()
})

test('a profile that gets its credentials from elsewhere says what to do', () => {
  config('[default]\nsso_session = corp\n')
  expect(() => profileOf(env)).toThrow('aws configure export-credentials --profile default')
})
