/** The channel to another node, as its users see it: a test gives its own. */
import type { NodeChannel } from '@millrace/client/channel'

/**
 * Requests are sent at most once; whoever needs more sends again. Byte fields of responses are views, valid only during
 * the callback. A channel carries one long poll at most: what follows on it waits behind.
 */
export type PeerChannel = Pick<NodeChannel, 'connected' | 'send'>
export type ControllerChannel = PeerChannel
