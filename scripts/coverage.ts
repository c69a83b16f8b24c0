/**
 * Writes docs/coverage.md from the frozen models and the code; with --check only says whether it is current (exit code 1 if
 * not). Run with `npx tsx --conditions=millrace-source scripts/coverage.ts [--check]`.
 *
 * The kafka part comes from packages/msk/src/coverage.ts, which exports `servedOperations` (names) and
 * `fieldsWithoutEffect`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coverageMarkdown, type FieldWithoutEffect, type ServiceCoverage } from '@millrace/aws/coverage'
import { loadModel } from '@millrace/aws/model'
import type { Service } from '@millrace/aws/service'
import { createIamService } from '@millrace/services/iam/iam-service'
import { createStsService } from '@millrace/services/sts/sts-service'

interface KafkaCoverage {
  readonly servedOperations: readonly string[]
  readonly fieldsWithoutEffect: readonly FieldWithoutEffect[]
}

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs', 'coverage.md')

async function main(): Promise<void> {
  const kafka = await kafkaCoverage()
  const services: readonly ServiceCoverage[] = [
    { model: loadModel('kafka'), served: new Set(kafka.servedOperations) },
    coverageOf(createStsService({ lookup: () => null })),
    coverageOf(createIamService({ accountCreated: new Date(0) })),
  ]
  const text = coverageMarkdown(services, kafka.fieldsWithoutEffect)
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

async function kafkaCoverage(): Promise<KafkaCoverage> {
  const path = join(root, 'packages', 'msk', 'src', 'coverage.ts')
  if (!existsSync(path)) return { servedOperations: [], fieldsWithoutEffect: [] }
  return (await import(path)) as KafkaCoverage
}

void main()
