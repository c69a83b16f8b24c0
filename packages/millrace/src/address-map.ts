/** `--client-address-map CIDR=ADDRESS`: which source a client is given instead of its own, so that rules for others can be tried here. */
import { isIP } from 'node:net'
import type { MappedNetwork } from '@millrace/engine/engine'
import { canonicalNetwork } from '@millrace/policy/ip-network'
import { UserError } from './user-error.ts'

/** @throws UserError for what is no pair of a network and an address */
export function addressMapOf(texts: string | readonly string[]): MappedNetwork[] {
  const pairs = [texts].flat().flatMap((text) => text.split(',').filter((part) => part !== ''))
  return pairs.map((text) => {
    const [network = '', address = '', ...rest] = text.split('=')
    const canonical = canonicalNetwork(network.trim())
    if (canonical === null || isIP(address.trim()) === 0 || rest.length > 0)
      throw new UserError(
        `--client-address-map ${text} is no network and address; write for example 127.0.0.2/32=203.0.113.9.`,
      )
    return { network: canonical, address: address.trim() }
  })
}
