/**
 * What AWS (STS) says of credentials that a broker has refused: brokers say no more than "Access denied", the API tells an
 * unknown key from a wrong secret, an ended session and a wrong clock. Any AWS API will do, ours or theirs.
 */
import { signedFetch } from '../signed-call.ts'
import type { Finding, IamSigner } from './finding.ts'

/** From here on brokers may refuse what the clock of the client signs. */
const CLOCK_OFF_MS = 5 * 60_000

export interface IdentityOptions {
  readonly signer: IamSigner
  /** `http://127.0.0.1:4566`; whoever answers GetCallerIdentity. */
  readonly endpoint: string
  readonly timeoutMs: number
  readonly nowMs: () => number
}

export type IdentityVerdict = Pick<Finding, 'ok' | 'seen' | 'next'> & { readonly arn: string | null }

export async function examineIdentity(options: IdentityOptions): Promise<IdentityVerdict> {
  const { signer, endpoint, timeoutMs, nowMs } = options
  const { credentials, region } = signer
  let response: Response
  let text: string
  try {
    response = await signedFetch(
      { endpoint, region, ...credentials },
      { service: 'sts', method: 'GET', path: '/', query: 'Action=GetCallerIdentity&Version=2011-06-15' },
      AbortSignal.timeout(timeoutMs),
    )
    text = await response.text()
  } catch {
    return { ok: true, arn: null, seen: `${endpoint} does not answer: whose key it is was not asked.`, next: null }
  }
  const key = `${credentials.accessKeyId}, from ${credentials.source},`
  const offMs = nowMs() - Date.parse(response.headers.get('date') ?? '')
  if (Math.abs(offMs) >= CLOCK_OFF_MS) {
    const seen = `The clock of this machine is ${minutes(offMs)} of that of ${endpoint}.`
    return {
      ok: false,
      arn: null,
      seen,
      next: 'Correct the clock: signatures name the time, and are good for 15 minutes.',
    }
  }
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(text)?.[1] ?? null
  if (response.ok && arn !== null) {
    const seen = `The key ${key} is good: it is that of ${arn}.`
    const next = `So it may be that no policy of it allows kafka-cluster:Connect on the cluster (or one denies it), that the cluster is not in ${region}, or that the broker does not know itself by this name.`
    return { ok: true, arn, seen, next }
  }
  const code = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? String(response.status)
  const [said, next] = SAID.find(([pattern]) => pattern.test(code))?.[1] ?? [
    `is refused by ${endpoint} too`,
    'Look at what the API says with `aws sts get-caller-identity`.',
  ]
  return { ok: false, arn: null, seen: `The key ${key} ${said} (${code}).`, next }
}

const SAID: readonly (readonly [RegExp, readonly [said: string, next: string]])[] = [
  [
    /ExpiredToken/,
    ['belongs to a session that has ended', 'Get new temporary credentials: log in again, or assume the role again.'],
  ],
  [
    /InvalidClientTokenId|UnrecognizedClient|AuthFailure/,
    [
      'is nobody’s, or its session token is missing or another one',
      'Use a key that exists there (`aws iam list-access-keys`), and with temporary credentials AWS_SESSION_TOKEN.',
    ],
  ],
  [
    /SignatureDoesNotMatch/,
    ['exists, but the secret access key is another one', 'Take the secret that was given out for this key.'],
  ],
]

function minutes(offMs: number): string {
  return `${Math.round(Math.abs(offMs) / 60_000)} minutes ${offMs > 0 ? 'ahead' : 'behind'}`
}
