/** Addresses in networks: `10.0.0.0/8`, `2001:db8::/32`; without a length, one address. IPv4-mapped IPv6 counts as IPv4. */
export function inNetwork(network: string, address: string): boolean {
  const parsed = parseNetwork(network)
  const bits = bitsOf(address)
  return (
    parsed !== null &&
    bits !== null &&
    bits.length === parsed.bits.length &&
    bits.startsWith(parsed.bits.slice(0, parsed.prefix))
  )
}

export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== null
}

function parseNetwork(text: string): { readonly bits: string; readonly prefix: number } | null {
  const [base = '', length, ...rest] = text.split('/')
  const bits = bitsOf(base)
  if (bits === null || rest.length > 0) return null
  if (length === undefined) return { bits, prefix: bits.length }
  return /^[0-9]{1,3}$/.test(length) && Number(length) <= bits.length ? { bits, prefix: Number(length) } : null
}

/** 32 or 128 characters 0 and 1; null: no address. */
function bitsOf(address: string): string | null {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)
  if (mapped !== null) return bitsOf(mapped[1] ?? '')
  return address.includes(':') ? ipv6Bits(address) : ipv4Bits(address)
}

function ipv4Bits(address: string): string | null {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255)) return null
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
}

function ipv6Bits(address: string): string | null {
  const [head = '', tail, ...rest] = address.split('::')
  if (rest.length > 0) return null
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}

/** With the bits past the prefix cleared, and always with a length: `10.1.2.3/8` → `10.0.0.0/8`. Null: no network. */
export function canonicalNetwork(text: string): string | null {
  const parsed = parseNetwork(text)
  if (parsed === null) return null
  const { prefix } = parsed
  const bits = parsed.bits.slice(0, prefix).padEnd(parsed.bits.length, '0')
  return `${bits.length === 32 ? ipv4Text(bits) : ipv6Text(bits)}/${prefix}`
}

/** True when some address is in both. */
export function networksOverlap(a: string, b: string): boolean {
  const [one, other] = [parseNetwork(a), parseNetwork(b)]
  if (one === null || other === null || one.bits.length !== other.bits.length) return false
  const common = Math.min(one.prefix, other.prefix)
  return one.bits.slice(0, common) === other.bits.slice(0, common)
}

function ipv4Text(bits: string): string {
  return (bits.match(/.{8}/g) ?? []).map((part) => Number.parseInt(part, 2)).join('.')
}

/** The longest run of zero groups is written `::` (RFC 5952). */
function ipv6Text(bits: string): string {
  const groups = (bits.match(/.{16}/g) ?? []).map((part) => Number.parseInt(part, 2).toString(16))
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length)
  const longest = runs[0]
  if (longest === undefined) return groups.join(':')
  const text = groups.join(':')
  const head = text.slice(0, longest.index).replace(/:$/, '')
  const tail = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${head}::${tail}`
}
