/** IPv4 blocks as numbers: what VPCs and subnets are cut from. */

/** Addresses `[first, first + size)`. */
export interface Block {
  readonly first: number
  readonly size: number
  readonly prefixLength: number
}

/** Null for what is no IPv4 block. Host bits are cleared, as AWS does. */
export function parseBlock(text: string): Block | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (match === null) return null
  const [a = 0, b = 0, c = 0, d = 0, prefixLength = 0] = match.slice(1).map(Number)
  if ([a, b, c, d].some((part) => part > 255) || prefixLength > 32) return null
  const size = 2 ** (32 - prefixLength)
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  return { first: address - (address % size), size, prefixLength }
}

export function formatBlock({ first, prefixLength }: Block): string {
  return `${formatAddress(first)}/${prefixLength}`
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export function contains(outer: Block, inner: Block): boolean {
  return outer.first <= inner.first && inner.first + inner.size <= outer.first + outer.size
}

export function overlap(a: Block, b: Block): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size
}

/** AWS keeps the first four addresses of a subnet and the last. */
export const RESERVED_ADDRESSES = 5
const FIRST_USABLE = 4

/** The lowest address of a subnet that nobody has; null when all are taken. */
export function freeAddress(block: Block, taken: ReadonlySet<string>): string | null {
  for (let offset = FIRST_USABLE; offset < block.size - 1; offset++) {
    const address = formatAddress(block.first + offset)
    if (!taken.has(address)) return address
  }
  return null
}
