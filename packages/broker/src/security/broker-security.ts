/**
 * Who may come in at this broker and what each may do: the authorizer with its authorities, the SASL mechanisms, and the newest
 * security snapshot. IAM decides for its principals, ACLs for all others.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { MetadataImage } from '@millrace/metadata/image'
import { INTERNAL_PRINCIPAL } from '@millrace/network/internal-listener'
import { parsePrincipalMapping } from '@millrace/network/principal-mapping'
import type { RequestServer } from '@millrace/network/request-server'
import type { SaslMechanism } from '@millrace/network/sasl/sasl-mechanism'
import { aclAuthorityOf } from '@millrace/policy/acl/acl-settings'
import type { Authority } from '@millrace/policy/acl/authority'
import { Authorizer } from '@millrace/policy/acl/authorizer'
import { authorityWithoutIam } from '@millrace/policy/kafka-cluster/iam-authority'
import { isIamPrincipal } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { IamLogins } from '../authentication/iam/iam-logins.ts'
import { iamMechanism } from '../authentication/iam/iam-mechanisms.ts'
import { scramCredentialOf, userScramMechanism } from '../authentication/user-scram-mechanism.ts'
import type { BrokerConfig, ClientSaslMechanism } from '../broker-config.ts'
import type { SecuritySnapshot } from './security-snapshot.ts'

export interface BrokerSecurityOptions {
  readonly host: Host
  readonly logger: Logger
  readonly config: BrokerConfig
  /** Somebody would tell of a new key. */
  readonly controlPlanePresent: () => boolean
}

export class BrokerSecurity {
  readonly authorizer: Authorizer
  readonly #options: BrokerSecurityOptions
  readonly #iam: IamLogins
  /** Before the first snapshot, and after IAM was turned off; null: nobody can come in by IAM. */
  readonly #withoutIam: Authority | null
  #aclAuthority: Authority

  constructor(options: BrokerSecurityOptions) {
    const { host, config, controlPlanePresent } = options
    this.#options = options
    this.authorizer = new Authorizer({ nodePrincipal: INTERNAL_PRINCIPAL, nowMs: () => host.clock.nowMs() })
    this.#aclAuthority = aclAuthorityOf(config.properties, [])
    const servesIam = config.listeners.some(({ saslMechanisms = [] }) => saslMechanisms.includes('AWS_MSK_IAM'))
    this.#withoutIam = servesIam ? authorityWithoutIam() : null
    const advertisedHosts = config.listeners.map(({ advertisedHost }) => advertisedHost)
    this.#iam = new IamLogins({ host, advertisedHosts, controlPlanePresent })
    if (config.tls !== undefined) this.certificate(config.tls.certificatePem)
    this.#authorize()
  }

  /** What TLS listeners show from now on; its names are names of this cluster. */
  certificate(pem: string): void {
    this.#iam.hosts.certificate(pem)
  }

  /** @param image the newest metadata */
  mechanism(name: ClientSaslMechanism, image: () => MetadataImage): SaslMechanism {
    if (name !== 'SCRAM-SHA-512') return iamMechanism(name, this.#iam)
    return userScramMechanism(this.#options.host.random, image)
  }

  /** The ACLs are others. */
  useAcls({ acls }: MetadataImage): void {
    this.#aclAuthority = aclAuthorityOf(this.#options.config.properties, acls.values())
    this.#authorize()
  }

  /**
   * Connections of SCRAM users who are no more are closed. Those of a user with another password stay, as in Kafka: who
   * logged in is still who it was.
   */
  useScramUsers(image: MetadataImage, server: RequestServer): void {
    server.dropConnections((connection) => {
      const { internal, principal, authentication } = connection
      const user = authentication?.credentialId ?? null
      if (internal || user === null || isIamPrincipal(principal)) return null
      if (scramCredentialOf(image, user) !== null) return null
      const reason = `The user ${user} was deleted.`
      connection.refused({ kind: 'unknown-user', reason })
      return reason
    })
  }

  /** Counts from now on; connections of those who may not be here any more are closed within a few turns of the loop. */
  apply(snapshot: SecuritySnapshot, server: RequestServer): void {
    this.#iam.apply(snapshot.iam)
    this.#authorize()
    server.reviewConnections((connection) => {
      const { principal, remoteAddress, authentication } = connection
      if (!isIamPrincipal(principal)) return null
      const ended = this.#iam.whyEnded(principal, authentication?.credentialId ?? null, remoteAddress)
      if (ended === null) return null
      connection.refused(ended)
      return ended.reason
    })
    this.#trustClients(snapshot, server)
  }

  /** A part that cannot be read leaves that of before; the rest of the snapshot counts all the same. */
  #trustClients({ clientTrust, principalMapping }: SecuritySnapshot, server: RequestServer): void {
    try {
      const trust = clientTrust ?? { authoritiesPem: [], revocations: [] }
      server.replaceClientTrust(trust, parsePrincipalMapping(principalMapping ?? 'DEFAULT'))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.logger.error('whose certificates are accepted cannot be read; as before', { reason })
    }
  }

  #authorize(): void {
    const authority = this.#iam.authority ?? this.#withoutIam
    this.authorizer.use(authority === null ? [this.#aclAuthority] : [authority, this.#aclAuthority])
  }
}
