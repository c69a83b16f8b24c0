/**
 * What a produced batch goes through before it may be appended, as far as only the batch and the topic's settings count:
 * the checks of kafka-protocol §2.5, and the codec that the topic demands. Pure, so that it can happen in a thread.
 *
 * Small batches are prepared on the loop: a trip through a thread costs more than they do. A batch is for the thread when
 * it has more than 64 KiB to compress or decompress, or turns out to unpack to more than the loop should be held for.
 */
import type { Computation, ComputationKind, Host } from '@millrace/base/host'
import { CompressionError } from '@millrace/protocol/compression/compression-error'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { compressionCodec, maxTimestamp, setMaxTimestamp } from '@millrace/protocol/records/batch-header'
import { type BatchRejection, type BatchRules, validateProducedBatch } from '@millrace/protocol/records/validate-batch'
import { type DemandedCodec, recompress } from './recompress.ts'

const LOOP_BYTES_MAX = 64 * 1024
/** What a batch prepared on the loop may unpack to: about a millisecond. */
const LOOP_DECOMPRESSED_BYTES_MAX = 512 * 1024

export interface PreparedBatch {
  readonly rejection: BatchRejection | null
  /** The batch in the codec that the topic demands; null: as it came. */
  readonly recompressed: Buffer | null
}

const AS_IT_CAME: PreparedBatch = { rejection: null, recompressed: null }

interface Order {
  readonly bytes: Uint8Array
  readonly rules: BatchRules
  readonly demanded: DemandedCodec | null
}

interface Reply {
  readonly rejection: BatchRejection | null
  readonly maxTimestamp: number
  readonly recompressed: Uint8Array | null
}

export const batchPreparation: ComputationKind<null, Order, Reply> = {
  name: 'batch preparation',
  isStateless: true,
  create: () => (order) => {
    const bytes = bufferOver(order.bytes)
    const { rejection, recompressed } = prepare(bytes, 0, bytes.length, order.rules, order.demanded)
    // Of the pool nothing can be given away.
    const own = recompressed === null ? null : ownCopy(recompressed, 0, recompressed.length)
    return {
      reply: {
        rejection,
        maxTimestamp: rejection === null ? maxTimestamp(bytes, 0) : -1,
        recompressed: own,
      },
      give: own === null ? [] : [own.buffer as ArrayBuffer],
    }
  },
}

/** Prepares `bytes[start, end)`; may correct its max timestamp in place. */
export function prepare(
  bytes: Buffer,
  start: number,
  end: number,
  rules: BatchRules,
  demanded: DemandedCodec | null,
): PreparedBatch {
  const rejection = validateProducedBatch(bytes, start, end, rules)
  if (rejection !== null) return { rejection, recompressed: null }
  if (demanded === null) return AS_IT_CAME
  try {
    const recompressed = recompress(bytes, start, end, demanded, rules.decompressedBytesMax)
    if (recompressed === null) return AS_IT_CAME
    return { rejection: rejectionOfSize(recompressed.length, rules), recompressed }
  } catch (error) {
    // Unpacked for the first time here when records are not checked.
    if (!(error instanceof CompressionError)) throw error
    return {
      rejection: { errorCode: ErrorCode.INVALID_RECORD, message: error.message, recordErrors: [] },
      recompressed: null,
    }
  }
}

/** As Kafka does, sizes count again after the change of codec. */
function rejectionOfSize(size: number, rules: BatchRules): BatchRejection | null {
  const recordErrors: BatchRejection['recordErrors'] = []
  if (size > rules.messageBytesMax) {
    const message = `In the topic's codec the batch has ${size} bytes, max.message.bytes is ${rules.messageBytesMax}.`
    return { errorCode: ErrorCode.MESSAGE_TOO_LARGE, message, recordErrors }
  }
  if (size <= rules.segmentBytesMax) return null
  const message = `In the topic's codec the batch has ${size} bytes, segment.bytes is ${rules.segmentBytesMax}.`
  return { errorCode: ErrorCode.RECORD_LIST_TOO_LARGE, message, recordErrors }
}

/**
 * The preparation if it is for the loop, null if it is for the thread. What unpacks to more than is good for the loop is
 * found out by trying.
 */
export function prepareOnLoop(
  bytes: Buffer,
  start: number,
  end: number,
  rules: BatchRules,
  demanded: DemandedCodec | null,
): PreparedBatch | null {
  const size = end - start
  const codec = bytes.length - start < CODEC_END ? CompressionCodec.none : compressionCodec(bytes, start)
  const unpacks = codec !== CompressionCodec.none && rules.checksRecords
  const repacks = demanded !== null && demanded.codec !== codec
  if (!unpacks && !repacks) return prepare(bytes, start, end, rules, null)
  // What is refused for its size need not go anywhere.
  if (size > LOOP_BYTES_MAX) return size > rules.messageBytesMax ? prepare(bytes, start, end, rules, null) : null
  if (codec === CompressionCodec.none) return prepare(bytes, start, end, rules, demanded)
  const limit = Math.min(rules.decompressedBytesMax, LOOP_DECOMPRESSED_BYTES_MAX)
  const prepared = prepare(bytes, start, end, { ...rules, decompressedBytesMax: limit }, demanded)
  const isTooLarge = prepared.rejection?.errorCode === ErrorCode.MESSAGE_TOO_LARGE && size <= rules.messageBytesMax
  return isTooLarge && limit < rules.decompressedBytesMax ? null : prepared
}

/** Attributes end here. */
const CODEC_END = 23

/** The thread's side of preparation; one for all partitions. */
export class BatchPreparation {
  readonly #computation: Computation<Order, Reply>

  constructor(host: Host) {
    this.#computation = host.computing.open(batchPreparation, null)
  }

  /** Prepares a copy of the batch; corrects the max timestamp of the original, which must not change until `done`. */
  prepare(
    bytes: Buffer,
    start: number,
    end: number,
    rules: BatchRules,
    demanded: DemandedCodec | null,
    done: (error: Error | null, prepared: PreparedBatch | null) => void,
  ): void {
    const copy = ownCopy(bytes, start, end)
    this.#computation.send({ bytes: copy, rules, demanded }, [copy.buffer as ArrayBuffer], (error, reply) => {
      if (reply === null) return done(error, null)
      const { rejection, recompressed } = reply
      if (rejection === null && recompressed === null && reply.maxTimestamp !== maxTimestamp(bytes, start))
        setMaxTimestamp(bytes, start, reply.maxTimestamp)
      return done(null, { rejection, recompressed: recompressed === null ? null : bufferOver(recompressed) })
    })
  }

  close(): void {
    this.#computation.close()
  }
}

function ownCopy(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start)
  bytes.copy(copy, 0, start, end)
  return copy
}

/** What came from a thread is a plain Uint8Array. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
