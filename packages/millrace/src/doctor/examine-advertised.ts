/** Whether a client gets from here to an address that a broker told it of. */
import type { Finding } from './finding.ts'
import { textOf } from './examine.ts'
import { openTcp, openTls, resolveName, type Address, type TlsTrust } from './open-address.ts'

export interface AdvertisedOptions {
  readonly broker: Address & { readonly nodeId: number }
  /** null: that listener speaks plaintext. */
  readonly trust: TlsTrust | null
  readonly timeoutMs: number
}

export async function examineAdvertised({ broker, trust, timeoutMs }: AdvertisedOptions): Promise<Finding> {
  const address = textOf(broker)
  const what = `Broker ${broker.nodeId} says that it is at ${address}`
  const finding = { address, step: 'advertised' } as const
  const fails = (seen: string, next: string): Finding => ({ ...finding, ok: false, seen, next, trouble: 'advertised' })
  const elsewhere =
    'Clients go there after the first answer. Let the broker tell an address that is good from here: advertised.listeners with Apache Kafka; a Millrace tells the address at which it was reached, which something between (NAT, a port forwarded) has changed.'
  try {
    await resolveName(broker.host)
  } catch (error) {
    return fails(`${what}, a name that is not known here (${codeOf(error)}).`, elsewhere)
  }
  try {
    const socket = await openTcp(broker, timeoutMs)
    if (trust === null) socket.destroy()
    else {
      const { socket: secure, certificate } = await openTls(socket, broker.host, trust, timeoutMs)
      secure.destroy()
      if (certificate.wrongName !== null && certificate.untrusted === null)
        return fails(`${what}, but its certificate is not for that name: ${certificate.wrongName}`, elsewhere)
    }
  } catch (error) {
    return fails(`${what}, which is not reachable from here (${codeOf(error)}).`, elsewhere)
  }
  return { ...finding, ok: true, seen: `${what}, which is reachable from here.`, next: null, trouble: null }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
