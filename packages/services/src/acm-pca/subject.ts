/** A subject as ACM-PCA writes it, turned into the attributes of a distinguished name, in the order of its members. */
import type { ASN1Subject } from '@millrace/aws/frozen/acm-pca'
import { AwsError } from '@millrace/aws/errors'
import type { NamePart } from '@millrace/pki/signing-request'

/** Source: X.520 and RFC 4519. */
const attributes: readonly (readonly [member: Exclude<keyof ASN1Subject, 'CustomAttributes'>, oid: string])[] = [
  ['Country', '2.5.4.6'],
  ['Organization', '2.5.4.10'],
  ['OrganizationalUnit', '2.5.4.11'],
  ['DistinguishedNameQualifier', '2.5.4.46'],
  ['State', '2.5.4.8'],
  ['CommonName', '2.5.4.3'],
  ['SerialNumber', '2.5.4.5'],
  ['Locality', '2.5.4.7'],
  ['Title', '2.5.4.12'],
  ['Surname', '2.5.4.4'],
  ['GivenName', '2.5.4.42'],
  ['Initials', '2.5.4.43'],
  ['Pseudonym', '2.5.4.65'],
  ['GenerationQualifier', '2.5.4.44'],
]

/** @throws InvalidArgsException for both kinds of attributes at once, and for none */
export function nameParts(subject: ASN1Subject): NamePart[] {
  const standard = attributes.flatMap(([member, oid]): NamePart[] => {
    const value = subject[member]
    return value === undefined || value === '' ? [] : [[oid, value]]
  })
  const custom = (subject.CustomAttributes ?? []).map(({ ObjectIdentifier, Value }): NamePart => [
    ObjectIdentifier,
    Value,
  ])
  if (standard.length > 0 && custom.length > 0)
    throw invalidArgs('CustomAttributes cannot be combined with the standard attributes of a subject.')
  if (standard.length + custom.length === 0) throw invalidArgs('The subject has no attribute.')
  return [...standard, ...custom]
}

export function invalidArgs(message: string): AwsError {
  return new AwsError('InvalidArgsException', { message })
}
