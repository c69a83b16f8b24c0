/** The kinds of listeners that clients connect to: the name by which brokers know each, and its port on MSK. */
import type { ClientListener } from './engine.ts'

export interface ClientListenerFacts {
  /** As MSK's brokers have it. */
  readonly name: string
  /** The port that security group rules name. On this machine a listener may have another. */
  readonly mskPort: number
}

export const CLIENT_LISTENERS: Readonly<Record<ClientListener, ClientListenerFacts>> = {
  plaintext: { name: 'CLIENT', mskPort: 9092 },
  tls: { name: 'CLIENT_SECURE', mskPort: 9094 },
  scram: { name: 'CLIENT_SASL_SCRAM', mskPort: 9096 },
  iam: { name: 'CLIENT_IAM', mskPort: 9098 },
}
