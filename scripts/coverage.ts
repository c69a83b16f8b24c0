/**
 * Writes docs/coverage.md from the frozen models and the code; with --check only says whether it is current (exit code 1 if
 * not). Run with `npx tsx --conditions=millrace-source scripts/coverage.ts [--check]`.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coverageMarkdown, type ServiceCoverage } from '@millrace/aws/coverage'
import { loadModel } from '@millrace/aws/model'
import { FORWARDED_APIS } from '@millrace/broker/handlers/handlers'
import { fieldsWithoutEffect } from '@millrace/msk/fields-without-effect'
import { kafkaOperations } from '@millrace/msk/kafka-operations'
import type { Dependencies } from '@millrace/msk/operations/dependencies'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { apiVersionRange, isControllerApi, profileOf } from '@millrace/protocol/version-profiles'
import { iamOperations } from '@millrace/services/iam/iam-service'
import type { IamDependencies } from '@millrace/services/iam/dependencies'
import { acmPcaOperations } from '@millrace/services/acm-pca/acm-pca-service'
import type { AcmPcaDependencies } from '@millrace/services/acm-pca/dependencies'
import type { Ec2Dependencies } from '@millrace/services/ec2/dependencies'
import { ec2Operations } from '@millrace/services/ec2/ec2-service'
import { kmsOperations } from '@millrace/services/kms/kms-service'
import type { KmsDependencies } from '@millrace/services/kms/dependencies'
import type { SecretsManagerDependencies } from '@millrace/services/secretsmanager/dependencies'
import { secretsManagerOperations } from '@millrace/services/secretsmanager/secretsmanager-service'
import { sealedFieldsWithoutEffect } from '@millrace/services/sealed-fields-without-effect'
import { stsOperations, type StsOptions } from '@millrace/services/sts/sts-service'

const root = join(import.meta.dirname, '..')
/** Operations are made and listed, never run. */
const notCalled = {} as Dependencies &
  KmsDependencies &
  SecretsManagerDependencies &
  AcmPcaDependencies &
  Ec2Dependencies
const file = join(root, 'docs', 'coverage.md')

function main(): void {
  const services: readonly ServiceCoverage[] = [
    { model: loadModel('kafka'), served: new Set(Object.keys(kafkaOperations(notCalled))) },
    {
      model: loadModel('sts'),
      served: new Set(Object.keys(stsOperations({ identity: notCalled } as unknown as StsOptions))),
    },
    { model: loadModel('iam'), served: new Set(Object.keys(iamOperations(notCalled as unknown as IamDependencies))) },
    { model: loadModel('kms'), served: new Set(Object.keys(kmsOperations(notCalled))) },
    { model: loadModel('secretsmanager'), served: new Set(Object.keys(secretsManagerOperations(notCalled))) },
    { model: loadModel('acm-pca'), served: new Set(Object.keys(acmPcaOperations(notCalled))) },
    { model: loadModel('ec2'), served: new Set(Object.keys(ec2Operations(notCalled))) },
  ]
  const aws = coverageMarkdown(services, [
    ...fieldsWithoutEffect.map(({ field, why }) => ({ service: 'kafka', field, why })),
    ...sealedFieldsWithoutEffect,
  ])
  const text = `${aws.trimEnd()}\n\n${kafkaMarkdown()}`
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error('docs/coverage.md is not current: run npx tsx --conditions=millrace-source scripts/coverage.ts')
    process.exitCode = 1
  }
}

/** Which APIs of Kafka's own protocol a broker serves: one file per API in handlers/, and those the controller answers. */
function kafkaMarkdown(): string {
  const handlers = readdirSync(join(root, 'packages', 'broker', 'src', 'handlers'))
  const own = new Set(
    handlers.flatMap((name) => (/^\d\d-/.test(name) && !name.endsWith('.test.ts') ? [Number(name.slice(0, 2))] : [])),
  )
  const login = new Set<number>([ApiKey.SaslHandshake, ApiKey.ApiVersions, ApiKey.SaslAuthenticate])
  const profile = profileOf('3.9')
  const rows: string[] = []
  for (let key = 0; key < 100; key++) {
    const range = apiVersionRange(profile, key)
    const api = apiByKey(key)
    if (range === null || api === undefined || isControllerApi(key)) continue
    let answer = 'absent: not advertised, the connection is closed'
    if (own.has(key)) answer = 'served'
    else if (FORWARDED_APIS.has(key)) answer = 'served, by the controller'
    else if (key === ApiKey.ApiVersions) answer = 'served'
    else if (login.has(key)) answer = 'served on internal listeners'
    rows.push(`| ${key} | ${api.name} | ${range.min}–${range.max} | ${answer} |`)
  }
  return [
    '# Coverage of the Kafka protocol',
    '',
    'Versions as a cluster of Kafka 3.9 advertises them. Clients see exactly what is served in ApiVersions.',
    '',
    '| Key | API | Versions | Answer |',
    '|---:|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

main()
