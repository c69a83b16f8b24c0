/**
 * The IAM part of a cluster's security snapshot: who has a key that may be used here, what each may do, and the cluster's own
 * policy. Everyone of the cluster's account is in it; others only if the cluster's policy lets some of them in.
 */
import type { Credential } from '@millrace/aws/credentials'
import type { IamSnapshot, SnapshotGrant } from '@millrace/policy/kafka-cluster/iam-snapshot'
import type { PolicyDocument } from '@millrace/policy/policy-document'
import { shownPolicy, type PrincipalNames } from '@millrace/policy/principal-names'
import type { NamedPolicy } from '@millrace/policy/principal-policies'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { sha256Hex } from '@millrace/policy/sigv4/canonical-request'
import { iamConnectsPerSecond } from '../instance-types.ts'
import type { Cluster } from '../store/records.ts'
import type { SecurityContent, SecuritySource } from '../security/security-sync.ts'
import type { CredentialSource } from './credential-source.ts'
import { DayKeys, untilMidnightMs } from './day-keys.ts'
import type { ReverseNames } from './reverse-names.ts'

export interface IamSnapshotSourceOptions {
  readonly credentials: CredentialSource
  /** The text of a cluster's policy; null: it has none. */
  readonly clusterPolicy: (clusterArn: string) => Promise<string | null>
  /** Whom it names. */
  readonly principalNames: PrincipalNames
  readonly reverseNames: ReverseNames
  /** Brokers let in no more clients per second than MSK's of their type do. */
  readonly simulatesLimits: boolean
  readonly clock: () => Date
}

const TOKEN_ISSUE_TIME = 'aws:tokenissuetime'
/** Behind midnight, when the new day's keys are told; they have been known since the day before. */
const AFTER_MIDNIGHT_MS = 1_000

export class IamSnapshotSource implements SecuritySource {
  readonly #options: IamSnapshotSourceOptions
  readonly #keys = new DayKeys()

  constructor(options: IamSnapshotSourceOptions) {
    this.#options = options
  }

  async contentOf(cluster: Cluster): Promise<Partial<SecurityContent>> {
    if (cluster.desired.ClientAuthentication?.Sasl?.Iam?.Enabled !== true) return { iam: null }
    const text = await this.#options.clusterPolicy(cluster.arn)
    if (text === null) return { iam: this.#snapshotOf(cluster, null, noOthers) }
    const policy = { name: 'the cluster policy', document: parsePolicy(text, 'resource') }
    const named = parsePolicy(shownPolicy(text, this.#options.principalNames), 'resource')
    return { iam: this.#snapshotOf(cluster, policy, accountsOf(named)) }
  }

  subscribe(listener: () => void): () => void {
    const { credentials, reverseNames, clock } = this.#options
    let midnight: NodeJS.Timeout | null = null
    const untilMidnight = (): void => {
      midnight = setTimeout(
        () => {
          listener()
          untilMidnight()
        },
        untilMidnightMs(clock().getTime()) + AFTER_MIDNIGHT_MS,
      ).unref()
    }
    untilMidnight()
    const ends = [credentials.onChange(listener), reverseNames.onChange(listener)]
    return () => {
      if (midnight !== null) clearTimeout(midnight)
      for (const end of ends) end()
    }
  }

  #snapshotOf(cluster: Cluster, clusterPolicy: NamedPolicy | null, others: OtherAccounts): IamSnapshot {
    const { reverseNames, simulatesLimits, clock } = this.#options
    const nowMs = clock().getTime()
    const policies = new Indexed<NamedPolicy>()
    const principals = new Map<string, { principal: Credential['principal']; grants: Map<string, SnapshotGrant> }>()
    const indexes = new Map<string, number>()
    const credentials: IamSnapshot['credentials'][number][] = []
    for (const credential of this.#credentialsFor(cluster, others)) {
      const { accessKeyId, principal, sessionToken, expiresAtMs } = credential
      if (expiresAtMs !== null && expiresAtMs <= nowMs) continue
      const known = principals.get(principal.arn) ?? { principal, grants: new Map() }
      principals.set(principal.arn, known)
      const grant = grantOf(credential, policies)
      known.grants.set(JSON.stringify(grant), grant)
      const index = indexes.get(principal.arn) ?? indexes.size
      indexes.set(principal.arn, index)
      credentials.push({
        accessKeyId,
        principal: index,
        signingKeys: this.#keys.of(accessKeyId, credential.secret, cluster.region, nowMs),
        sessionTokenHash: sessionToken === null ? null : sha256Hex(sessionToken),
        expiresAtMs,
      })
    }
    return {
      clusterArn: cluster.arn,
      tags: cluster.tags,
      clusterPolicy,
      policies: policies.values,
      principals: [...principals.values()].map(({ principal, grants }) => ({
        principal,
        grants: [...grants.values()],
      })),
      credentials,
      connectsPerSecond: simulatesLimits
        ? iamConnectsPerSecond(cluster.desired.BrokerNodeGroupInfo.InstanceType ?? '')
        : null,
      reverseNames: reverseNames.names,
    }
  }

  *#credentialsFor({ accountId }: Cluster, others: OtherAccounts): Iterable<Credential> {
    const { credentials } = this.#options
    yield* credentials.credentials(accountId)
    const told = new Set<string>()
    for (const other of others.named) {
      if (other === accountId) continue
      for (const credential of credentials.credentials(other)) {
        told.add(credential.accessKeyId)
        yield credential
      }
    }
    if (!others.all) return
    for (const credential of credentials.credentials())
      if (credential.principal.accountId !== accountId && !told.has(credential.accessKeyId)) yield credential
  }
}

/** Whose principals a cluster's policy may let in. */
interface OtherAccounts {
  readonly named: ReadonlySet<string>
  readonly all: boolean
}

const noOthers: OtherAccounts = { named: new Set(), all: false }

/** By ARNs: ids tell no account. */
function accountsOf({ statements }: PolicyDocument): OtherAccounts {
  const patterns = statements.flatMap(({ principals }) => principals?.patterns ?? [])
  const named = patterns.flatMap((pattern) => /^arn:aws:(?:iam|sts)::([0-9]{12}):/.exec(pattern)?.[1] ?? [])
  return { named: new Set(named), all: patterns.includes('*') }
}

function grantOf({ policies, values }: Credential, all: Indexed<NamedPolicy>): SnapshotGrant {
  return {
    identity: policies.identity.map((policy) => all.indexOf(policy)),
    boundary: policies.boundary === null ? null : all.indexOf(policies.boundary),
    session: policies.session === null ? null : policies.session.map((policy) => all.indexOf(policy)),
    values: countingValues(policies, values),
  }
}

/**
 * When a session was made tells it from all others of its name: it is left out where no policy asks for it, so that equal
 * sessions are one.
 */
function countingValues(policies: Credential['policies'], values: Credential['values']): Credential['values'] {
  const { [TOKEN_ISSUE_TIME]: issued, ...others } = values
  if (issued === undefined || JSON.stringify(policies).toLowerCase().includes(TOKEN_ISSUE_TIME)) return values
  return others
}

/** Values with their places; equal ones have one. */
class Indexed<Value extends object> {
  readonly values: Value[] = []
  readonly #byValue = new Map<Value, number>()
  readonly #byText = new Map<string, number>()

  indexOf(value: Value): number {
    const known = this.#byValue.get(value)
    if (known !== undefined) return known
    const text = JSON.stringify(value)
    const index = this.#byText.get(text) ?? this.values.push(value) - 1
    this.#byText.set(text, index)
    this.#byValue.set(value, index)
    return index
  }
}
