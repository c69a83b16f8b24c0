/**
 * Writes docs/coverage.md from the frozen models and the code; with --check only says whether it is current (exit code 1 if
 * not). Run with `npx tsx --conditions=millrace-source scripts/coverage.ts [--check]`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coverageMarkdown, type ServiceCoverage } from '@millrace/aws/coverage'
import { loadModel } from '@millrace/aws/model'
import type { Service } from '@millrace/aws/service'
import { fieldsWithoutEffect } from '@millrace/msk/fields-without-effect'
import { kafkaOperations } from '@millrace/msk/kafka-operations'
import type { Dependencies } from '@millrace/msk/operations/dependencies'
import { createIamService } from '@millrace/services/iam/iam-service'
import { createStsService } from '@millrace/services/sts/sts-service'

const root = join(import.meta.dirname, '..')
/** Operations are made and listed, never run. */
const notCalled = {} as Dependencies
const file = join(root, 'docs', 'coverage.md')

function main(): void {
  const services: readonly ServiceCoverage[] = [
    { model: loadModel('kafka'), served: new Set(Object.keys(kafkaOperations(notCalled))) },
    coverageOf(createStsService({ lookup: () => null })),
    coverageOf(createIamService({ accountCreated: new Date(0) })),
  ]
  const text = coverageMarkdown(
    services,
    fieldsWithoutEffect.map(({ field, why }) => ({ service: 'kafka', field, why })),
  )
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error('docs/coverage.md is not current: run npx tsx --conditions=millrace-source scripts/coverage.ts')
    process.exitCode = 1
  }
}

function coverageOf(service: Service): ServiceCoverage {
  return { model: service.model, served: new Set(service.operations.keys()) }
}

main()
