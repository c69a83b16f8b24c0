/**
 * One text per address, so that the host of an ACL and the address of a connection compare as strings: IPv4 as it is,
 * also when mapped into IPv6; IPv6 in eight groups without leading zeros, as Java's InetAddress writes it. What is no
 * address (`*`) stays as it is.
 */
export function canonicalHost(host: string): string {
  const address = host.startsWith('/') ? host.slice(1) : host
  if (!address.includes(':')) return address
  const mapped = /^(?:::|(?:0+:){5})ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1] ?? address
  const groups = groupsOf(address)
  return groups === null ? address : groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/** The eight groups of an IPv6 address; null when it is none. A zone (`%eth0`) does not count. */
function groupsOf(address: string): readonly string[] | null {
  const [head = '', tail, ...rest] = (address.split('%')[0] ?? '').split('::')
  if (rest.length > 0) return null
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups : null
}
