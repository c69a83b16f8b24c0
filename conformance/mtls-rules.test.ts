/** Mutual TLS where rules make names of certificates' subjects (ssl.principal.mapping.rules). */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaToolOk } from './harness/judges.ts'
import { full } from './harness/size.ts'
import { MutualCluster } from './harness/mutual-cluster.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''

let mutual: MutualCluster

describe.skipIf(!full || aws === null || kcat === null || java === null)('mutual TLS with rules for principals', () => {
  beforeAll(async () => {
    mutual = await MutualCluster.start('--mtls-principal-mapping', 'RULE:^CN=(b[^,]+),.*$/$1/U')
  }, 180_000)
  afterAll(() => mutual?.stop())

  it('ACLs know the name that a rule makes of a subject; who has none by the rules stays outside', async () => {
    const file = mutual.path('bob.properties')
    writeFileSync(file, await mutual.propertiesFor('java', 'bob'))
    const admin = ['--bootstrap-server', mutual.bootstrap, '--command-config', file]
    await kafkaToolOk(release, 'kafka-topics', [...admin, '--create', '--topic', 'guarded', '--partitions', '1'])
    const add = ['--add', '--operation', 'Read', '--topic', 'guarded', '--allow-principal']
    await kafkaToolOk(release, 'kafka-acls', [...admin, ...add, 'User:somebody'])
    const read = (): ReturnType<MutualCluster['kcat']> =>
      mutual.kcat('bob', '-C', '-t', 'guarded', '-e', '-q', '-o', 'beginning')
    expect((await read()).stderr).toMatch(/authorization failed/i)
    await kafkaToolOk(release, 'kafka-acls', [...admin, ...add, 'User:BOB'])
    expect((await read()).status).toBe(0)
    await mutual.authority.issue('alice', '/CN=alice')
    expect((await mutual.kcat('alice', '-L')).status).not.toBe(0)
  }, 180_000)
})
