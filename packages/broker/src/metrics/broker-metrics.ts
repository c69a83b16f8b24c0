/** Plain counters, incremented in place; whoever exposes them reads them. Monotonic since the broker started. */
export class BrokerMetrics {
  bytesIn = 0
  bytesOut = 0
  messagesIn = 0
  produceRequests = 0
  fetchRequests = 0
  followerFetchRequests = 0
  failedProduceRequests = 0
  failedFetchRequests = 0
  replicationBytesIn = 0
  replicationBytesOut = 0
  isrShrinks = 0
  isrExpands = 0
}
