/** The kinds of listeners that clients connect to: the name by which brokers know each, and its port on MSK. */
import type { ClientListener, PrivateListener } from './engine.ts'

export interface ClientListenerFacts {
  /** As MSK's brokers have it. */
  readonly name: string
  /** The listener with the same protocol and login inside the VPC: itself there. */
  readonly like: PrivateListener
  /** From where clients come to it. */
  readonly from: 'own-vpc' | 'internet' | 'other-vpcs'
  /** The port that security group rules name; of listeners for other VPCs the one before the first broker's. Here it may be another. */
  readonly mskPort: number
}

/** Brokers 1, 2, … have the next ports on MSK. */
const VPC_PORT_BASE = 14_000

export const CLIENT_LISTENERS: Readonly<Record<ClientListener, ClientListenerFacts>> = {
  plaintext: { name: 'CLIENT', like: 'plaintext', from: 'own-vpc', mskPort: 9092 },
  tls: { name: 'CLIENT_SECURE', like: 'tls', from: 'own-vpc', mskPort: 9094 },
  scram: { name: 'CLIENT_SASL_SCRAM', like: 'scram', from: 'own-vpc', mskPort: 9096 },
  iam: { name: 'CLIENT_IAM', like: 'iam', from: 'own-vpc', mskPort: 9098 },
  'public-tls': { name: 'CLIENT_SECURE_PUBLIC', like: 'tls', from: 'internet', mskPort: 9194 },
  'public-scram': { name: 'CLIENT_SASL_SCRAM_PUBLIC', like: 'scram', from: 'internet', mskPort: 9196 },
  'public-iam': { name: 'CLIENT_IAM_PUBLIC', like: 'iam', from: 'internet', mskPort: 9198 },
  'vpc-tls': { name: 'CLIENT_SECURE_VPCE', like: 'tls', from: 'other-vpcs', mskPort: VPC_PORT_BASE },
  'vpc-scram': { name: 'CLIENT_SASL_SCRAM_VPCE', like: 'scram', from: 'other-vpcs', mskPort: VPC_PORT_BASE },
  'vpc-iam': { name: 'CLIENT_IAM_VPCE', like: 'iam', from: 'other-vpcs', mskPort: VPC_PORT_BASE },
}

/** The port of a broker's listener on MSK. */
export function mskPortOf(kind: ClientListener, brokerId: number): number {
  const { from, mskPort } = CLIENT_LISTENERS[kind]
  return from === 'other-vpcs' ? mskPort + brokerId : mskPort
}
