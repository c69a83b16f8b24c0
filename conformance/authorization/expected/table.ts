/** All rows of the table. */
import { rows as closed } from './closed.ts'
import { rows as cluster } from './cluster.ts'
import { rows as groups } from './groups.ts'
import { rows as metadata } from './metadata.ts'
import { rows as records } from './records.ts'
import type { Row } from './row.ts'
import { rows as shareGroups } from './share-groups.ts'
import { rows as topics } from './topics.ts'
import { rows as transactions } from './transactions.ts'

export const table: readonly Row[] = [
  ...records,
  ...metadata,
  ...topics,
  ...groups,
  ...transactions,
  ...shareGroups,
  ...cluster,
  ...closed,
]
