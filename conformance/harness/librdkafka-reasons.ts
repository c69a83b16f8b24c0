/**
 * Why a test of librdkafka may be left out: its name and the words of its runner, and what they mean here. None is that we lack
 * something.
 */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/Mock cluster does not support SSL/, "is of librdkafka's own mock cluster, which knows no TLS: runs over plaintext"],
  [
    /Cannot run this test with SSL|requires authentication\/SSL|Cluster authentication required|not supported in Java/,
    'is for plaintext only, by its own words: runs there',
  ],
  [/^0126_/, 'needs a provider of OpenID Connect for its tokens; brokers of MSK take those that AWS signs'],
  [/^0142_/, 'needs connections.max.reauth.ms on the brokers, which no configuration of Amazon MSK can hold'],
  [/SASL PLAIN or SASL SCRAM/, 'is for logins: runs with SCRAM'],
  [
    /SSL_\* env-vars/,
    'is for TLS without certificates of clients, and runs there; with mutual TLS it wants a refusal within the handshake, as in TLS 1.2, and fails against Apache Kafka 4.1.1 over TLS 1.3 as well',
  ],
  [
    /negative test flags/,
    'marked as a known issue by librdkafka itself; in its quick suite also all that cut connections',
  ],
  [/quick mode/, 'runs in the full suite'],
  [/not applicable for broker version/, 'is for another release of Kafka than the one it ran against'],
  [/group\.protocol=consumer|classic/, 'is for the other group protocol, or for a mock of librdkafka that has it'],
  [
    /TESTS_SKIP/,
    'expects racks named RACK1 and so on, as its own cluster tool names them; brokers of MSK stand in zones',
  ],
  [/MsgVersion 1 was removed/, 'needs message formats that Kafka 4.0 removed'],
  [/RapidJSON/, 'needs the headers of RapidJSON, which were not on the machine that built it'],
]

export const UNKNOWN_REASON = 'unknown: '

/** @param words of the runner */
export function reasonFor(test: string, words: string): string {
  return REASONS.find(([pattern]) => pattern.test(`${test}: ${words}`))?.[1] ?? UNKNOWN_REASON + words
}
