import { expect, test } from 'vitest'
import { SecurityFeed } from './security-feed.ts'

test('who follows is given the snapshot there is and every later one', () => {
  const seen: number[] = []
  const feed = new SecurityFeed({ version: 1, iam: null, network: null })
  feed.push({ version: 2, iam: null, network: null })
  feed.follow(({ version }) => void seen.push(version))
  feed.push({ version: 3, iam: null, network: null })
  expect(seen).toEqual([2, 3])
  expect(feed.current).toEqual({ version: 3, iam: null, network: null })
})
