import { expect, test } from 'vitest'
import { coverageMarkdown } from './coverage.ts'
import { loadModel } from './model.ts'

test('the coverage document names every operation of the model, and what is accepted without effect', () => {
  const model = loadModel('sts')
  const text = coverageMarkdown(
    [{ model, served: new Set(['GetCallerIdentity']) }],
    [{ service: 'sts', field: 'a.b', why: 'nobody asks' }],
  )
  expect(text).toContain('| [sts](#sts) | 1 | 11 |')
  expect(text).toContain('| GetCallerIdentity | served |')
  for (const name of model.operations.keys()) {
    if (name !== 'GetCallerIdentity') expect(text).toContain(`| ${name} | 501 |`)
  }
  expect(text).toContain('| sts | `a.b` | nobody asks |')
})
