/**
 * Zstandard. Node's own zlib has it from 22.15; before that a WebAssembly build is used, which must be loaded once
 * (prepareZstd) and then works synchronously.
 *
 * The WebAssembly library allocates what a frame's header claims without looking whether it got the memory, so the header
 * is read and judged here first. A frame written as a stream (Java clients) has no content size: then the output is tried
 * with a likely size, and again with the caller's limit.
 */
import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { CompressionError } from './compression-error.ts'

interface ZstdWasm {
  init(): Promise<void>
  compress(bytes: Uint8Array, level?: number): Uint8Array
  decompress(bytes: Uint8Array, options: { readonly defaultHeapSize: number }): Uint8Array
}

interface ZlibZstd {
  zstdCompressSync?(bytes: Uint8Array, options?: { readonly params: Readonly<Record<number, number>> }): Buffer
  zstdDecompressSync?(bytes: Uint8Array, options: { readonly maxOutputLength: number }): Buffer
}

const FRAME_MAGIC = 0xfd2f_b528
/** What a streamed frame is first believed to expand to. */
const LIKELY_RATIO = 8
/** Largest output that the WebAssembly build is asked for; its heap never shrinks again. */
const WASM_OUTPUT_BYTES_MAX = 268_435_456

/** The library's error number for an output that does not fit (ZSTD_error_dstSize_tooSmall, negated). */
const OUTPUT_TOO_SMALL = -70

/** ZSTD_c_compressionLevel */
const COMPRESSION_LEVEL = 100

const native: ZlibZstd = zlib as ZlibZstd

/** The loaded library, one per process: a cache of code, no state of anyone's. */
const wasm: { library: ZstdWasm | null } = { library: null }

export function prepareZstd(callback: (error: Error | null) => void): void {
  if (native.zstdDecompressSync !== undefined || wasm.library !== null) {
    callback(null)
    return
  }
  let library: ZstdWasm
  try {
    library = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as ZstdWasm
  } catch (error) {
    callback(error as Error)
    return
  }
  library.init().then(
    () => {
      wasm.library = library
      callback(null)
    },
    (error: unknown) => callback(error as Error),
  )
}

function loaded(): ZstdWasm {
  if (wasm.library === null) throw new CompressionError('unsupported', 'zstd was not prepared in this process')
  return wasm.library
}

export function compressZstd(bytes: Buffer, level?: number): Buffer {
  if (native.zstdCompressSync !== undefined) {
    return level === undefined
      ? native.zstdCompressSync(bytes)
      : native.zstdCompressSync(bytes, { params: { [COMPRESSION_LEVEL]: level } })
  }
  const output = level === undefined ? loaded().compress(bytes) : loaded().compress(bytes, level)
  return Buffer.from(output.buffer, output.byteOffset, output.byteLength)
}

export function decompressZstd(bytes: Buffer, maxBytes: number): Buffer {
  const size = contentSize(bytes)
  if (size !== null && size > maxBytes) throw tooLarge(maxBytes)
  if (native.zstdDecompressSync !== undefined) {
    try {
      return native.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, maxBytes) })
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge(maxBytes)
      throw new CompressionError('corrupt', 'not zstd', error)
    }
  }
  const limit = Math.min(maxBytes, WASM_OUTPUT_BYTES_MAX)
  if (size !== null && size > limit) throw tooLarge(limit)
  const likely = Math.min(limit, Math.max(65_536, bytes.length * LIKELY_RATIO))
  const attempts = size !== null || likely === limit ? [limit] : [likely, limit]
  let failure: unknown
  for (const heapBytes of attempts) {
    try {
      const output = loaded().decompress(bytes, { defaultHeapSize: heapBytes })
      return Buffer.from(output.buffer, output.byteOffset, output.byteLength)
    } catch (error) {
      if (error instanceof CompressionError) throw error
      failure = error
    }
  }
  if (String(failure).endsWith(`code ${OUTPUT_TOO_SMALL}`)) throw tooLarge(limit)
  throw new CompressionError('corrupt', 'not zstd', failure)
}

function tooLarge(maxBytes: number): CompressionError {
  return new CompressionError('too large', `zstd of more than ${maxBytes} bytes`)
}

/** The content size that the frame's header tells, null when it tells none (RFC 8878, 3.1.1.1). */
function contentSize(bytes: Buffer): number | null {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== FRAME_MAGIC) {
    throw new CompressionError('corrupt', 'not a zstd frame')
  }
  const descriptor = bytes[4] as number
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] as number
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes
  if (at + sizeBytes > bytes.length) throw new CompressionError('corrupt', 'a zstd frame without its header')
  switch (sizeBytes) {
    case 0:
      return null
    case 1:
      return bytes[at] as number
    case 2:
      return bytes.readUInt16LE(at) + 256
    case 4:
      return bytes.readUInt32LE(at)
    default:
      return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 4_294_967_296
  }
}
