/** `millrace start`: the server in the foreground, with progress; `--demo` also a cluster that is proved to work. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressMapOf } from '../address-map.ts'
import { principalMappingFault } from '@millrace/engine/principal-mapping'
import { awsAccess, KafkaApi } from '../aws-client.ts'
import { dataDirectory, runningServer } from '../data-directory.ts'
import { plaintextCluster, probe, untilActive, isRefusedByAcls } from '../demo.ts'
import { printJson, printNote, printStep } from '../output.ts'
import { KEY_UNAVAILABLE_CODE } from '@millrace/msk/at-rest/storage-key'
import { portOwner } from '../port-owner.ts'
import { startServer, type RunningServer } from '../server/server.ts'
import type { StatusLine } from '../status-line.ts'
import { UserError } from '../user-error.ts'
import { VERSION } from '../version.ts'

export interface StartCommandOptions {
  readonly port: string
  readonly host: string
  readonly dataDir?: string
  readonly region: string
  readonly ephemeral?: boolean
  readonly randomPorts?: boolean
  readonly demo?: boolean
  readonly encryptAtRest?: 'customer-key' | 'always'
  /** One `CIDR=ADDRESS` or more; from the environment one text, with commas. */
  readonly clientAddressMap?: string | readonly string[]
  readonly mtlsRevocation?: boolean
  readonly mtlsPrincipalMapping?: string
  readonly simulateLimits?: boolean
  readonly json?: boolean
}

const DEMO_CLUSTER = 'demo'
const DEMO_BROKERS = 3

/** @param status says what is under way while nothing else is printed */
export async function start(options: StartCommandOptions, status: StatusLine): Promise<void> {
  const port = Number(options.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError(`--port ${options.port} is no port; use a number from 0 (any free port) to 65535.`)
  const clientAddressMap = addressMapOf(options.clientAddressMap ?? [])
  const mapping = principalMapping(options.mtlsPrincipalMapping)
  const ephemeral = options.ephemeral === true
  const directory =
    ephemeral && options.dataDir === undefined
      ? mkdtempSync(join(tmpdir(), 'millrace-'))
      : dataDirectory(options.dataDir)
  const running = runningServer(directory)
  if (running !== null) {
    throw new UserError(
      `Millrace already runs for ${directory} (pid ${running.pid}, ${running.endpoint}). Stop it with \`millrace stop\`, or name another --data-dir.`,
    )
  }
  const tell = options.json === true ? jsonTeller() : textTeller(directory, options.region, status)
  tell.begin()
  const server = await startServer({
    dataDir: directory,
    host: options.host,
    port,
    region: options.region,
    ephemeral,
    randomPorts: ephemeral || options.randomPorts === true,
    alwaysEncrypts: options.encryptAtRest === 'always',
    clientAddressMap,
    mutualTls: {
      revocation: options.mtlsRevocation === true,
      principalMapping: mapping,
    },
    simulatesLimits: options.simulateLimits === true,
    onStep: (what) => tell.doing(what),
  })
  const stop = (): void => {
    tell.doing('stopping')
    void server.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  try {
    tell.api(server, port)
    await untilClustersServe(server, tell)
    if (options.demo === true) await demo(server, options.region, tell)
    tell.ready(server)
  } catch (error) {
    // What could not become ready is not left behind half running.
    await server.stop()
    throw error
  }
  await server.stopped
}

/** Checked here: the brokers could only say in their logs that they cannot read it. */
function principalMapping(rules: string | undefined): string | null {
  if (rules === undefined) return null
  const fault = principalMappingFault(rules)
  if (fault !== null) throw new UserError(`--mtls-principal-mapping: ${fault}`)
  return rules
}

/** Clusters that were here before: all of them serve again before `Ready.` is said. */
async function untilClustersServe(server: RunningServer, tell: Teller): Promise<void> {
  const startedMs = performance.now()
  const waiting = new Set((await server.overview()).map(({ arn }) => arn))
  tellWaiting(waiting.size, tell)
  while (waiting.size > 0 && performance.now() - startedMs < 30_000) {
    for (const cluster of await server.overview()) {
      if (!waiting.has(cluster.arn)) continue
      const brokers = cluster.nodes.filter(({ role }) => role === 'broker')
      const serves = cluster.state === 'ACTIVE' && brokers.every(({ state }) => state === 'running')
      const waitsForKey = cluster.stateCode === KEY_UNAVAILABLE_CODE
      if (!serves && cluster.state !== 'FAILED' && !waitsForKey) continue
      waiting.delete(cluster.arn)
      tell.cluster(
        cluster.name,
        brokers.length,
        new Set(brokers.map(({ zoneId }) => zoneId)).size,
        cluster.state,
        performance.now() - startedMs,
      )
      if (waitsForKey && cluster.stateMessage !== null) tell.note(cluster.stateMessage)
      tellWaiting(waiting.size, tell)
    }
    if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  if (waiting.size > 0)
    tell.note(`${waiting.size} of the clusters here do not serve yet; \`millrace status\` tells more.`)
}

function tellWaiting(count: number, tell: Teller): void {
  if (count > 0) tell.doing(`waiting until ${count === 1 ? 'a cluster serves' : `${count} clusters serve`} again`)
}

async function demo(server: RunningServer, region: string, tell: Teller): Promise<void> {
  const generated = server.generatedKey
  const access = awsAccess(server.endpoint, region)
  const api = new KafkaApi(
    generated === null
      ? { ...access, accessKeyId: 'test', secretAccessKey: 'test' }
      : { ...access, accessKeyId: generated.accessKeyId, secretAccessKey: generated.secret },
  )
  const known = (await api.listClusters()).find(({ clusterName }) => clusterName === DEMO_CLUSTER)
  let arn = known?.clusterArn
  if (arn === undefined) {
    const startedMs = performance.now()
    tell.doing(`creating cluster ${DEMO_CLUSTER} of ${DEMO_BROKERS} brokers`)
    arn = (await api.createCluster(plaintextCluster(DEMO_CLUSTER, DEMO_BROKERS))).clusterArn
    await untilActive(api, arn)
    tell.cluster(DEMO_CLUSTER, DEMO_BROKERS, DEMO_BROKERS, 'ACTIVE', performance.now() - startedMs)
  }
  tell.doing('writing a record and reading it back')
  try {
    tell.probe(await probe(await api.bootstrapBrokers(arn)))
  } catch (error) {
    if (!isRefusedByAcls(error)) throw error
    tell.note('The ACLs of the cluster refuse the record that is written to prove that it works.')
  }
}

/** How the progress of a start is told. */
interface Teller {
  begin(): void
  /** What takes its time now; what is told next says how it ended. */
  doing(what: string): void
  api(server: RunningServer, wantedPort: number): void
  cluster(name: string, brokers: number, zones: number, state: string, elapsedMs: number): void
  probe(elapsedMs: number): void
  note(sentence: string): void
  ready(server: RunningServer): void
}

function textTeller(directory: string, region: string, status: StatusLine): Teller {
  const step = (what: string, detail: string): void => {
    status.clear()
    printStep(what, detail)
  }
  const note = (sentence: string): void => {
    status.clear()
    printNote(sentence)
  }
  const line = (text: string): void => {
    status.clear()
    process.stdout.write(`  ${text}\n`)
  }
  return {
    begin: () => line(`Millrace ${VERSION} · data ${directory} · region ${region}`),
    doing: (what) => status.show(what),
    api(server, wantedPort) {
      step('AWS API', server.endpoint)
      if (server.portWasTaken)
        note(`Port ${wantedPort} is in use${ownerOf(wantedPort)}; \`millrace env\` knows the one taken instead.`)
      if (server.generatedKey !== null) {
        const { accessKeyId, secret } = server.generatedKey
        note(`Reachable beyond this machine, so test/test is refused. Root credentials: ${accessKeyId} ${secret}`)
      }
      if (process.env['MILLRACE_ALLOW_TEST_CREDENTIALS'] === '1')
        note('MILLRACE_ALLOW_TEST_CREDENTIALS=1: anybody who reaches this address is root.')
    },
    cluster: (name, brokers, zones, state, elapsedMs) =>
      step(`cluster ${name} (${brokers} brokers, ${zones} zones)`, `${state} in ${(elapsedMs / 1000).toFixed(1)} s`),
    probe: (elapsedMs) =>
      step('wrote a record with acks=all, read it back', `${Math.max(1, Math.round(elapsedMs))} ms`),
    note,
    ready: () => line('Ready.'),
  }
}

function jsonTeller(): Teller {
  return {
    begin() {},
    doing() {},
    api: (server) => printJson({ event: 'api', endpoint: server.endpoint, portWasTaken: server.portWasTaken }),
    cluster: (name, brokers, zones, state, elapsedMs) =>
      printJson({ event: 'cluster', name, brokers, zones, state, elapsedMs: Math.round(elapsedMs) }),
    probe: (elapsedMs) => printJson({ event: 'probe', elapsedMs: Math.round(elapsedMs * 10) / 10 }),
    note: (sentence) => printJson({ event: 'note', message: sentence }),
    ready: (server) => printJson({ event: 'ready', endpoint: server.endpoint }),
  }
}

function ownerOf(port: number): string {
  const owner = portOwner(port)
  return owner === null ? '' : ` by ${owner}`
}
