/**
 * The subject of a certificate as Kafka knows its holder: `CN=client1,OU=x,O=y`, exactly as Java's X500Principal.getName()
 * writes it, since that text stands in ACLs. Parts from last to first (RFC 2253); attributes that RFC 2253 does not name are
 * `OID=#hex of the DER`; every text is read as UTF-8, whatever kind of string it is, and escaped by Java's rules. The table of
 * the test was written by Java.
 */
const SEQUENCE = 0x30
const VERSION = 0xa0

/** Short names of RFC 2253 §2.3. */
const keywords: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
])
/** UTF8String, PrintableString, T61String, IA5String, GeneralString, BMPString. */
const textTags: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16, 0x1b, 0x1e])

/** @param certificate DER. @throws when it is not */
export function subjectOf(certificate: Buffer): string {
  const tbs = elements(first(first(certificate, 0, certificate.length).content).content)
  // version [0] (left out in version 1), serialNumber, signature, issuer, validity, subject
  const subject = tbs[tbs[0]?.tag === VERSION ? 5 : 4]
  if (subject?.tag !== SEQUENCE) throw new Error('a certificate has a subject')
  return distinguishedName(subject.content)
}

/** @param rdnSequence content of a Name, DER */
export function distinguishedName(rdnSequence: Buffer): string {
  return elements(rdnSequence)
    .map(({ content }) =>
      elements(content)
        .map((attribute) => attributeText(attribute.content))
        .join('+'),
    )
    .toReversed()
    .join(',')
}

function attributeText(content: Buffer): string {
  const [type, value] = elements(content)
  if (type === undefined || value === undefined) throw new Error('an attribute has a type and a value')
  const oid = objectIdentifier(type.content)
  const keyword = keywords.get(oid)
  if (keyword === undefined || !textTags.has(value.tag)) return `${keyword ?? oid}=#${value.whole.toString('hex')}`
  return `${keyword}=${escaped(value.content.toString('utf8'))}`
}

/** Only blanks and carriage returns count as white space in front and behind. */
function escaped(text: string): string {
  const inner = text.replaceAll(/[,=+<>#;"\\]/g, '\\$&').replaceAll('\0', '\\00')
  const lead = /^[ \r]*/.exec(inner)?.[0].length ?? 0
  const trail = lead === inner.length ? 0 : (/[ \r]*$/.exec(inner)?.[0].length ?? 0)
  const space = (part: string): string => part.replaceAll(/[ \r]/g, '\\$&')
  return (
    space(inner.slice(0, lead)) + inner.slice(lead, inner.length - trail) + space(inner.slice(inner.length - trail))
  )
}

interface Element {
  readonly tag: number
  readonly content: Buffer
  /** Tag and length included. */
  readonly whole: Buffer
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = first(bytes, at, bytes.length)
    found.push(element)
    at += element.whole.length
  }
  return found
}

/** The element at `start`; tags of one byte, lengths of up to four, as X.509 has them. */
function first(bytes: Buffer, start = 0, end: number = bytes.length): Element {
  const short = bytes.readUInt8(start + 1)
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f
  if (lengthBytes > 4 || short === 0x80) throw new Error('DER has definite lengths')
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(start + 2, lengthBytes)
  const contentAt = start + 2 + lengthBytes
  if (contentAt + length > end) throw new Error('an element lies within its parent')
  return {
    tag: bytes.readUInt8(start),
    content: bytes.subarray(contentAt, contentAt + length),
    whole: bytes.subarray(start, contentAt + length),
  }
}

function objectIdentifier(bytes: Buffer): string {
  const parts: bigint[] = []
  let value = 0n
  for (const byte of bytes) {
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    parts.push(value)
    value = 0n
  }
  const [joined = 0n, ...rest] = parts
  const root = joined < 80n ? joined / 40n : 2n
  return [root, joined - root * 40n, ...rest].join('.')
}
