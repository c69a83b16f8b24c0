/**
 * Groups that are unknown, dead, of another type, empty or at work: every API that describes, lists or deletes them is
 * asked of Apache Kafka and of a cluster of the same release; both must say the same, codes and messages alike.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClosedError, type Answered } from './authorization/wire.ts'
import { Coordinators } from './groups/coordinators.ts'
import { groupQuestions } from './groups/group-questions.ts'
import { createGroupWorld, MEMBER } from './groups/group-world.ts'
import { startApacheKafka, type ApacheKafka } from './harness/apache-kafka.ts'
import { judge } from './harness/judges.ts'
import { createThreeBrokers, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'

const RELEASE = '4.1.1'
/** One node holds everything. */
const ALONE = [
  'share.coordinator.state.topic.replication.factor=1',
  'share.coordinator.state.topic.min.isr=1',
  'share.coordinator.state.topic.num.partitions=3',
  'offsets.topic.num.partitions=3',
]

/** What each question is told, in text that is the same wherever the same is told. */
async function answersOf(bootstrap: string): Promise<Map<string, string>> {
  const cluster = await Coordinators.open(bootstrap)
  let asked = 'for the world'
  try {
    const { topicId, memberIds } = await createGroupWorld(cluster)
    const told = new Map<string, string>()
    for (const question of groupQuestions(topicId)) {
      const { name, groupId } = question
      asked = name
      const answers = groupId === null ? await cluster.askAll(question) : [await cluster.askFor(groupId, question)]
      told.set(name, textOf(answers, topicId, memberIds))
    }
    return told
  } catch (error) {
    if (error instanceof ClosedError) throw new Error(`the connection was closed: ${asked}`, { cause: error })
    throw error
  } finally {
    cluster.close()
  }
}

/** What says nothing about groups: where the brokers are, and how busy. */
const OF_THE_PLACE: ReadonlySet<string> = new Set(['throttleTimeMs', 'nodeId', 'host', 'port'])

/** Groups are told by several brokers, order means nothing, and ids differ from cluster to cluster. */
function textOf(answers: readonly Answered[], topicId: string, memberIds: readonly string[]): string {
  const [first = {}] = answers
  const whole = 'groups' in first ? { ...first, groups: answers.flatMap(({ groups }) => groups) } : first
  return [...memberIds, MEMBER].reduce(
    (words, memberId) => words.replaceAll(memberId, '<member>'),
    JSON.stringify(inOrder(whole)).replaceAll(topicId, '<topic>'),
  )
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value))
    return value
      .map((each) => JSON.stringify(inOrder(each)))
      .toSorted()
      .map((each) => JSON.parse(each) as unknown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !OF_THE_PLACE.has(field))
      .map(([field, each]) => [field, inOrder(each)]),
  )
}

describe.skipIf(judge('java') === null)(`groups as Apache Kafka ${RELEASE} has them`, () => {
  let kafka: ApacheKafka | undefined
  let millrace: MillraceProcess | undefined
  let ours: Map<string, string>
  let theirs: Map<string, string>

  beforeAll(async () => {
    const asked = await Promise.all([
      startApacheKafka(RELEASE, ALONE).then((started) => {
        kafka = started
        return answersOf(started.bootstrap)
      }),
      startMillraceProcess().then(async (started) => {
        millrace = started
        const { bootstrap } = await createThreeBrokers(started, 'groups', { kafkaVersion: '4.1.x.kraft' })
        return answersOf(bootstrap)
      }),
    ])
    theirs = asked[0]
    ours = asked[1]
  }, 300_000)
  afterAll(async () => {
    await kafka?.stop()
    await millrace?.stop()
  })

  it('answer every question with the same words', () => {
    expect(theirs.size).toBeGreaterThan(300)
    const differences = [...theirs].filter(([question, words]) => ours.get(question) !== words)
    expect(
      differences.map(([question, words]) => `${question}\n  theirs ${words}\n  ours ${ours.get(question)}`).join('\n'),
    ).toBe('')
  })
})
