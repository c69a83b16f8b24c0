/** `millrace stop`: ends the server of a data directory, and its nodes unless --keep-brokers. */
import { dataDirectory, internalToken, runningServer } from '../data-directory.ts'
import { requireServer } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface StopCommandOptions {
  readonly dataDir?: string
  readonly keepBrokers?: boolean
  readonly json?: boolean
}

const STOP_LIMIT_MS = 60_000

export async function stop(options: StopCommandOptions): Promise<void> {
  const record = requireServer(options.dataDir)
  const directory = dataDirectory(options.dataDir)
  const response = await fetch(`${record.endpoint}/_millrace/stop`, {
    method: 'POST',
    headers: { authorization: `Bearer ${internalToken(directory)}` },
    body: new URLSearchParams({ keepBrokers: String(options.keepBrokers === true) }),
  })
  if (!response.ok) throw new UserError(`${record.endpoint} refused to stop: ${await response.text()}`)
  const startedMs = performance.now()
  while (runningServer(directory) !== null) {
    if (performance.now() - startedMs > STOP_LIMIT_MS)
      throw new UserError(`Millrace (pid ${record.pid}) has not stopped within ${STOP_LIMIT_MS / 1000} s.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  if (options.json === true) printJson({ stopped: true, keptBrokers: options.keepBrokers === true })
  else
    process.stdout.write(
      options.keepBrokers === true ? 'Stopped; the brokers run on and the next start finds them.\n' : 'Stopped.\n',
    )
}
