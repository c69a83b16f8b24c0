/** Which certificates a template makes. Source: "Understanding certificate templates" of the AWS Private CA user guide. */
import type { CertificateProfile } from '@millrace/pki/issued-certificate'
import { parseArn } from '@millrace/aws/arn'
import { invalidArgs } from './subject.ts'

export interface Template {
  readonly name: string
  readonly profile: CertificateProfile
  /** The certificate signs itself. */
  readonly selfSigned: boolean
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const DEFAULT = 'EndEntityCertificate/V1'

const endEntity: Readonly<Record<string, readonly string[]>> = {
  [DEFAULT]: [SERVER_AUTH, CLIENT_AUTH],
  'EndEntityClientAuthCertificate/V1': [CLIENT_AUTH],
  'EndEntityServerAuthCertificate/V1': [SERVER_AUTH],
}
const ROOT = 'RootCACertificate/V1'
const SUBORDINATE = /^SubordinateCACertificate_PathLen([0-3])\/V1$/

/** @throws InvalidArgsException for a template that is not served */
export function templateOf(arn: string | undefined): Template {
  const name = arn === undefined ? DEFAULT : nameOf(arn)
  if (name === ROOT) return { name, profile: { kind: 'authority', pathLength: null }, selfSigned: true }
  const pathLength = SUBORDINATE.exec(name)?.[1]
  if (pathLength !== undefined)
    return { name, profile: { kind: 'authority', pathLength: Number(pathLength) }, selfSigned: false }
  const usages = endEntity[name]
  if (usages !== undefined) return { name, profile: { kind: 'end-entity', usages }, selfSigned: false }
  throw invalidArgs(
    `The template ${arn ?? name} is not served. Served are ${ROOT}, SubordinateCACertificate_PathLen0/V1 to _PathLen3/V1, ${Object.keys(endEntity).join(', ')}.`,
  )
}

/** `arn:aws:acm-pca:::template/EndEntityCertificate/V1` */
function nameOf(text: string): string {
  const arn = parseArn(text)
  return arn?.service === 'acm-pca' && arn.resource.startsWith('template/')
    ? arn.resource.slice('template/'.length)
    : text
}
