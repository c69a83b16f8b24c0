import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)

test('docs/security.md names tests that there are', () => {
  const text = readFileSync(new URL('docs/security.md', root), 'utf8')
  const named = [...text.matchAll(/`((?:packages|conformance)\/[^`]+)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
})
