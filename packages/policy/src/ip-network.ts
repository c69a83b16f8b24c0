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
