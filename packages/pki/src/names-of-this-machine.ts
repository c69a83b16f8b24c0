/** The names and addresses by which clients may reach a listener of this machine. */
import { hostname, networkInterfaces } from 'node:os'

/** Loopback and host name always; every address of the machine when `listenHost` is not a loopback one. Unique. */
export function namesOfThisMachine(listenHost: string): string[] {
  const names = ['localhost', '127.0.0.1', '::1', hostname()]
  if (listenHost !== '127.0.0.1' && listenHost !== '::1' && listenHost !== 'localhost') {
    for (const addresses of Object.values(networkInterfaces())) {
      // Link-local addresses carry a zone, which no certificate can.
      for (const { address } of addresses ?? []) if (!address.startsWith('fe80:')) names.push(address)
    }
    if (listenHost !== '0.0.0.0' && listenHost !== '::') names.push(listenHost)
  }
  return [...new Set(names)]
}
