/** What a doctor finds, step by step, and how a client of its is to come in. */
import type { AwsCredentials } from '../aws-credentials.ts'

/** Where it ended; also the exit status of the command, so that scripts can tell. */
export const EXIT_STATUS = {
  well: 0,
  /** The name, or nothing listens there. */
  unreachable: 2,
  /** Another protocol than the client is told to speak, or none of Kafka's. */
  protocol: 3,
  /** The certificate is not trusted, not for this name, or the client has to show one. */
  certificate: 4,
  login: 5,
  /** The address works, but brokers tell clients of others that do not. */
  advertised: 6,
} as const

export type Trouble = Exclude<keyof typeof EXIT_STATUS, 'well'>

export interface Finding {
  /** `127.0.0.1:9094` */
  readonly address: string
  readonly step:
    | 'name'
    | 'tcp'
    | 'protocol'
    | 'certificate'
    /** The client's own. */
    | 'client-certificate'
    | 'login'
    /** Whose credentials they are by AWS's word, after brokers have refused them. */
    | 'identity'
    | 'versions'
    | 'metadata'
    | 'advertised'
  readonly ok: boolean
  /** What was seen, a sentence. */
  readonly seen: string
  /** What to do next; only where something is wrong. */
  readonly next: string | null
  readonly trouble: Trouble | null
}

export interface Login {
  readonly user: string
  readonly password: string
}

/** Who signs logins of IAM access control. */
export interface IamSigner {
  readonly credentials: AwsCredentials
  readonly region: string
}

/** What the client is told: what is null is not known, and found out. */
export interface Expectation {
  readonly tls: boolean | null
  /** `SCRAM-SHA-512`; 'none' on purpose; 'IAM': both of IAM access control, whichever are offered. */
  readonly mechanism: string | null
  readonly login: Login | null
  /** Null: no login is signed. */
  readonly signer: IamSigner | null
}
