/** Entry point of a controller's process. */
import { ROOT_LOGGER } from '@millrace/base/log-levels'
import { createNodeHost } from '@millrace/host/node-host'
import { startController } from '@millrace/controller/start-controller'
import { withDataDisk } from './data-disk.ts'
import { runNode } from './node-process.ts'

void runNode('controller', ({ config, secrets, security, directory, logger, logLevels, fail }) => {
  return new Promise((resolve, reject) => {
    startController(
      {
        host: withDataDisk(createNodeHost(), secrets),
        logger: logLevels.logger(ROOT_LOGGER, logger),
        config: {
          clusterId: config.clusterId,
          clusterName: config.clusterName,
          nodeId: config.nodeId,
          directory,
          listener: config.internalListener,
          internalSecret: secrets.internalSecret,
          ...(config.encryptsInCluster && secrets.tls !== undefined ? { tls: secrets.tls } : {}),
          kafkaVersion: config.kafkaVersion,
          properties: config.properties,
        },
        onFailure: fail,
      },
      (error, controller) => {
        if (controller === null) return reject(error ?? new Error('the controller did not start'))
        security.follow(({ iam }) => controller.useIam(iam))
        resolve({
          refusals: controller.refusals,
          denials: controller.authorizer.denials,
          replaceCertificate: (tls) => controller.replaceCertificate(tls),
          close: () =>
            new Promise((closed, failed) => {
              controller.close((closeError) => (closeError === null ? closed() : failed(closeError)))
            }),
        })
      },
    )
  })
})
