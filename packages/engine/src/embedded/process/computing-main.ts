/** Entry point of a broker's computing threads. */
import { batchPreparation } from '@millrace/broker/replication/batch-preparation'
import { serveComputations } from '@millrace/host/serve-computations'
import { cleaningComputation } from '@millrace/log/cleaner/cleaning-computation'
import { prepareCompression } from '@millrace/protocol/compression/compression'

// Orders wait until somebody listens. Without zstd its batches are refused by name, as on the loop.
prepareCompression(() => serveComputations([batchPreparation, cleaningComputation]))
