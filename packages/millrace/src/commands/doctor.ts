/** `millrace doctor`: tries addresses as a client would, and says what is wrong and what to do next. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { CERTIFICATE_FILE } from '@millrace/pki/authority-files'
import { authorityDirectory } from '@millrace/engine/embedded/broker-certificates'
import colors from 'picocolors'
import { dataDirectory } from '../data-directory.ts'
import { readClientConfig, type ClientConfig } from '../doctor/client-config.ts'
import { examineAdvertised } from '../doctor/examine-advertised.ts'
import { examine, textOf } from '../doctor/examine.ts'
import { EXIT_STATUS, type Expectation, type Finding } from '../doctor/finding.ts'
import type { Address, TlsTrust } from '../doctor/open-address.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface DoctorCommandOptions {
  readonly dataDir?: string
  readonly bootstrap?: string
  readonly commandConfig?: string
  readonly auth?: 'plaintext' | 'tls' | 'scram' | 'iam'
  readonly user?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly timeout: string
  readonly json?: boolean
}

const EXPECTED: Readonly<Record<NonNullable<DoctorCommandOptions['auth']>, Pick<Expectation, 'tls' | 'mechanism'>>> = {
  plaintext: { tls: false, mechanism: 'none' },
  tls: { tls: true, mechanism: 'none' },
  scram: { tls: true, mechanism: 'SCRAM-SHA-512' },
  iam: { tls: true, mechanism: 'AWS_MSK_IAM' },
}

export async function doctor(options: DoctorCommandOptions): Promise<void> {
  const config = options.commandConfig === undefined ? null : readClientConfig(options.commandConfig)
  const bootstrap = options.bootstrap ?? config?.bootstrap ?? null
  if (bootstrap === null) throw new UserError('Which address? Name it with --bootstrap HOST:PORT.')
  const timeoutMs = Number(options.timeout) * 1000
  if (!(timeoutMs > 0)) throw new UserError(`--timeout ${options.timeout} is no number of seconds.`)
  const trust = trustOf(options, config)
  const expected = expectationOf(options, config)
  const findings: Finding[] = []
  const brokers = new Map<string, Address & { readonly nodeId: number }>()
  const asked = bootstrap.split(',').map((text) => addressOf(text.trim()))
  let secure = false
  for (const address of asked) {
    const { findings: found, advertised } = await examine({ address, expected, trust, timeoutMs })
    findings.push(...found)
    secure ||= found.some(({ step }) => step === 'certificate')
    for (const broker of advertised) brokers.set(textOf(broker), broker)
  }
  for (const broker of brokers.values()) {
    findings.push(await examineAdvertised({ broker, trust: secure ? trust : null, timeoutMs }))
  }
  const trouble = findings.find((finding) => finding.trouble !== null)?.trouble ?? null
  if (options.json === true) printJson({ ok: trouble === null, trouble, findings })
  else print(findings, config)
  process.exitCode = EXIT_STATUS[trouble ?? 'well']
}

function print(findings: readonly Finding[], config: ClientConfig | null): void {
  let address = ''
  for (const finding of findings) {
    if (finding.step !== 'advertised' && finding.address !== address) {
      address = finding.address
      process.stdout.write(`${colors.bold(address)}\n`)
    }
    const mark = finding.ok ? colors.green('✔') : colors.red('✘')
    process.stdout.write(`  ${mark} ${finding.seen}\n`)
    if (finding.next !== null) process.stdout.write(`    ${colors.bold('→')} ${finding.next}\n`)
  }
  const unread = config?.trustStoreUnread ?? null
  if (unread !== null) {
    process.stdout.write(`  • ${unread} is no PEM file and was not looked into; --ca names one.\n`)
  }
  if (findings.every(({ ok }) => ok)) process.stdout.write('Nothing is wrong as far as this can tell.\n')
}

function expectationOf({ auth, user }: DoctorCommandOptions, config: ClientConfig | null): Expectation {
  const password = process.env['MILLRACE_PASSWORD']
  if (user !== undefined && password === undefined)
    throw new UserError(
      'Put the password into MILLRACE_PASSWORD: on a command line everybody on this machine could read it.',
    )
  const login = user === undefined || password === undefined ? (config?.login ?? null) : { user, password }
  if (auth !== undefined) return { ...EXPECTED[auth], login }
  return { tls: config?.tls ?? null, mechanism: config?.mechanism ?? null, login }
}

/**
 * Whom the client trusts: those it is told of and nobody else; told of none, the public authorities, those of
 * NODE_EXTRA_CA_CERTS, and that of a Millrace on this machine.
 */
function trustOf({ dataDir, ca, cert, key }: DoctorCommandOptions, config: ClientConfig | null): TlsTrust {
  if ((cert === undefined) !== (key === undefined)) throw new UserError('--cert and --key belong together.')
  const client = cert === undefined || key === undefined ? null : { cert: pemOf(cert), key: pemOf(key) }
  const told = [ca === undefined ? null : pemOf(ca), config?.ca ?? null].filter((pem) => pem !== null)
  if (told.length > 0) return { ca: told, client }
  const own = join(authorityDirectory(dataDirectory(dataDir)), CERTIFICATE_FILE)
  const extra = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  const files = [own, extra].filter((file) => file !== '' && existsSync(file))
  return { ca: [...rootCertificates, ...files.map(pemOf)], client }
}

function pemOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function addressOf(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65_535)
    throw new UserError(`${text} is no address; write it as HOST:PORT, an IPv6 address in brackets.`)
  return { host: match[1] ?? match[2] ?? '', port }
}
