/** `millrace doctor`: tries addresses as a client would, and says what is wrong and what to do next. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { CERTIFICATE_FILE } from '@millrace/pki/authority-files'
import { authorityDirectory } from '@millrace/engine/embedded/broker-certificates'
import colors from 'picocolors'
import { KNOWN_CREDENTIALS } from '../aws-client.ts'
import { environmentCredentials, profileOf } from '../aws-credentials.ts'
import { dataDirectory, runningServer } from '../data-directory.ts'
import { askWhy, type WhyNot } from '../doctor/ask-why.ts'
import { readClientConfig, type ClientConfig } from '../doctor/client-config.ts'
import { examineAdvertised } from '../doctor/examine-advertised.ts'
import { examineIdentity, type IdentityVerdict } from '../doctor/examine-identity.ts'
import { examineOwnCertificate } from '../doctor/examine-own-certificate.ts'
import { examine, textOf } from '../doctor/examine.ts'
import { EXIT_STATUS, type Expectation, type Finding, type IamSigner } from '../doctor/finding.ts'
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
  iam: { tls: true, mechanism: 'IAM' },
}

export async function doctor(options: DoctorCommandOptions): Promise<void> {
  const config = options.commandConfig === undefined ? null : readClientConfig(options.commandConfig)
  const bootstrap = options.bootstrap ?? config?.bootstrap ?? null
  if (bootstrap === null) throw new UserError('Which address? Name it with --bootstrap HOST:PORT.')
  const timeoutMs = Number(options.timeout) * 1000
  if (!(timeoutMs > 0)) throw new UserError(`--timeout ${options.timeout} is no number of seconds.`)
  const asked = bootstrap.split(',').map((text) => addressOf(text.trim()))
  const trust = trustOf(options, config)
  const expected = expectationOf(options, config, asked[0]?.host ?? '')
  const findings: Told[] = []
  if (trust.client !== null) findings.push(examineOwnCertificate(trust.client, Date.now()))
  const brokers = new Map<string, Address & { readonly nodeId: number }>()
  let secure = false
  for (const address of asked) {
    const sinceMs = Date.now()
    const { findings: found, advertised } = await examine({ address, expected, trust, timeoutMs })
    const identity = await identityAfter(found, expected.signer, options, timeoutMs)
    const { login, signer } = expected
    // Of a key whose owner the API did not tell, any principal of IAM may be the one.
    const owner = signer === null ? null : (identity?.arn ?? 'IAM:')
    const who = [login?.user, signer?.credentials.accessKeyId, owner].filter(isText)
    const why = found.every(({ ok }) => ok)
      ? null
      : await askWhy({ dataDir: options.dataDir, address, sinceMs, who, timeoutMs })
    const last = found.findLast(({ ok }) => !ok)
    findings.push(...found.map((finding) => (finding === last && why !== null ? { ...finding, why } : finding)))
    if (identity !== null) {
      const { arn: _arn, ...said } = identity
      const trouble = said.ok ? null : 'login'
      findings.push({ address: textOf(address), step: 'identity', ...said, trouble })
    }
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

/** A finding, with what a Millrace of this machine knows of it. */
type Told = Finding & { readonly why?: WhyNot }

/** After a login by IAM that was refused everywhere: whose key it is. Null where nobody is to be asked. */
async function identityAfter(
  found: readonly Finding[],
  signer: IamSigner | null,
  { dataDir }: DoctorCommandOptions,
  timeoutMs: number,
): Promise<IdentityVerdict | null> {
  const logins = found.filter(({ step }) => step === 'login')
  if (signer === null || logins.length === 0 || logins.some(({ ok }) => ok)) return null
  if (!logins.some(({ seen }) => seen.startsWith(`${signer.credentials.accessKeyId} is refused`))) return null
  const aws = /\.amazonaws\.com(?:\.cn)?$/.exec(found[0]?.address.replace(/:\d+$/, '') ?? '')?.[0] ?? null
  const { env } = process
  const endpoint =
    (env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'] || null) ??
    (aws === null ? runningServer(dataDirectory(dataDir))?.endpoint : `https://sts.${signer.region}${aws}`)
  if (endpoint === undefined) return null
  return examineIdentity({ signer, endpoint: endpoint.replace(/\/$/, ''), timeoutMs, nowMs: Date.now })
}

function print(findings: readonly Told[], config: ClientConfig | null): void {
  let address = ''
  for (const finding of findings) {
    if (finding.step !== 'advertised' && finding.address !== '' && finding.address !== address) {
      address = finding.address
      process.stdout.write(`${colors.bold(address)}\n`)
    }
    const mark = finding.ok ? colors.green('✔') : colors.red('✘')
    process.stdout.write(`  ${mark} ${finding.seen}\n`)
    if (finding.next !== null) process.stdout.write(`    ${colors.bold('→')} ${finding.next}\n`)
    for (const line of linesOf(finding.why)) process.stdout.write(`    ${line}\n`)
  }
  const unread = config?.trustStoreUnread ?? null
  if (unread !== null) {
    process.stdout.write(`  • ${unread} is no PEM file and was not looked into; --ca names one.\n`)
  }
  if (findings.every(({ ok }) => ok)) process.stdout.write('Nothing is wrong as far as this can tell.\n')
}

function linesOf(why: WhyNot | undefined): string[] {
  if (why === undefined) return []
  return [`Millrace says: ${why.reason}`, ...why.remedies.flatMap(({ about, lines }) => [`${about}:`, ...lines])]
}

function isText(text: string | null | undefined): text is string {
  return text !== null && text !== undefined
}

function expectationOf(options: DoctorCommandOptions, config: ClientConfig | null, host: string): Expectation {
  const { auth, user } = options
  const password = process.env['MILLRACE_PASSWORD']
  if (user !== undefined && password === undefined)
    throw new UserError(
      'Put the password into MILLRACE_PASSWORD: on a command line everybody on this machine could read it.',
    )
  const login = user === undefined || password === undefined ? (config?.login ?? null) : { user, password }
  const told = auth === undefined ? { tls: config?.tls ?? null, mechanism: config?.mechanism ?? null } : EXPECTED[auth]
  const signs = told.mechanism === 'IAM' || told.mechanism === 'AWS_MSK_IAM'
  return { ...told, login, signer: signs ? signerFor(host, options) : null }
}

/** As a client on this machine would sign: its credentials and region, else what every Millrace knows. */
function signerFor(host: string, { dataDir }: DoctorCommandOptions): IamSigner {
  const { env } = process
  const ofEnvironment = environmentCredentials(env)
  const profile = ofEnvironment === null ? profileOf(env) : null
  const region =
    // As the AWS libraries: the name of a broker of MSK holds it.
    /\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?$/.exec(host)?.[1] ??
    (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || profile?.region) ??
    runningServer(dataDirectory(dataDir))?.region ??
    'us-east-1'
  const known = { ...KNOWN_CREDENTIALS, source: 'what every Millrace knows' }
  return { credentials: ofEnvironment ?? profile?.credentials ?? known, region }
}

/**
 * Whom the client trusts: those it is told of and nobody else; told of none, the public authorities, those of
 * NODE_EXTRA_CA_CERTS, and that of a Millrace on this machine.
 */
function trustOf({ dataDir, ca, cert, key }: DoctorCommandOptions, config: ClientConfig | null): TlsTrust {
  if ((cert === undefined) !== (key === undefined)) throw new UserError('--cert and --key belong together.')
  const client =
    cert === undefined || key === undefined ? (config?.client ?? null) : { cert: pemOf(cert), key: pemOf(key) }
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
