/** Entry point of a broker's process. */
import { createNodeHost } from '@millrace/host/node-host'
import type { Broker } from '@millrace/broker/broker'
import { startBroker } from '@millrace/broker/start-broker'
import { authorityOf } from '../authority-of.ts'
import { withDataDisk } from './data-disk.ts'
import { runNode } from './node-process.ts'

// Beside this file, as a source or as a bundle.
const isSource = import.meta.url.endsWith('.ts')
const computingScript = new URL(isSource ? './computing-main.ts' : './millrace-computing.js', import.meta.url)
/** What fits a line of the control protocol. */
const CLIENT_SERIES_MAX = 2000

void runNode('broker', ({ config, secrets, security, directory, logger, logLevels, fail }) => {
  return new Promise((resolve, reject) => {
    startBroker(
      {
        host: withDataDisk(createNodeHost({ computingScript }), secrets),
        logger,
        logLevels,
        security,
        config: {
          clusterId: config.clusterId,
          clusterName: config.clusterName,
          nodeId: config.nodeId,
          rack: config.rack,
          directory,
          listeners: config.listeners.map((listener) => ({ ...listener, advertisedHost: '*', advertisedPort: 0 })),
          ...(secrets.tls === undefined ? {} : { tls: secrets.tls }),
          ...(config.encryptsInCluster && secrets.tls !== undefined
            ? { inClusterTls: { caPem: authorityOf(secrets.tls.certificatePem) } }
            : {}),
          internalListener: config.internalListener,
          controller: config.controller,
          internalSecret: secrets.internalSecret,
          kafkaVersion: config.kafkaVersion,
          properties: config.properties,
        },
        // It has closed what it could; the engine starts it again.
        onFatal: fail,
      },
      (error: Error | null, broker: Broker | null) => {
        if (broker === null) return reject(error ?? new Error('the broker did not start'))
        resolve({
          close: (options) => new Promise((closed) => broker.close(options, closed)),
          replaceCertificate: (tls) => broker.replaceCertificate(tls),
          clientUsage: () => broker.clientUsage(),
          refusals: broker.server.refusals,
          principals: broker.server.principals,
          denials: broker.runtime.authorizer.denials,
          clientMetrics: () => broker.clientMetrics(CLIENT_SERIES_MAX),
        })
      },
    )
  })
})
