/**
 * The ApiVersions answer (key 18), for every listener of broker and controller: only what has a handler, within the
 * range of the cluster's version profile. Facts: kafka-protocol §1.2, §2.2, §9.1–§9.4.
 */
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import type { ApiVersionsRequest, ApiVersionsResponseInput } from '@millrace/protocol/messages/18-api-versions'
import type { HandlerMap, VersionRange } from './api-handler.ts'

/** The features (KIP-584) a node tells of. */
export interface AdvertisedFeatures {
  readonly supported: readonly { readonly name: string; readonly minVersion: number; readonly maxVersion: number }[]
  /** Read at every request. `epoch` grows with every change and is never negative. */
  finalized(): { readonly epoch: number; readonly levels: ReadonlyMap<string, number> }
}

export const noFeatures: AdvertisedFeatures = { supported: [], finalized: () => ({ epoch: 0, levels: new Map() }) }

/** Answered by the request server itself on every listener. */
export const BUILT_IN_APIS: readonly number[] = [ApiKey.SaslHandshake, ApiKey.ApiVersions, ApiKey.SaslAuthenticate]

const SOFTWARE_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export interface ApiVersionsOptions {
  readonly handlers: HandlerMap
  readonly internal: boolean
  readonly versionRange: (apiKey: number) => VersionRange | null
  readonly features: AdvertisedFeatures
}

/** The answer to a request of a version that is served. */
export function answerApiVersions(
  apiVersion: number,
  request: ApiVersionsRequest,
  options: ApiVersionsOptions,
): ApiVersionsResponseInput {
  if (
    apiVersion >= 3 &&
    !(SOFTWARE_PATTERN.test(request.clientSoftwareName) && SOFTWARE_PATTERN.test(request.clientSoftwareVersion))
  ) {
    return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }
  }
  const finalized = options.features.finalized()
  return {
    errorCode: ErrorCode.NONE,
    apiKeys: advertisedApis(options),
    throttleTimeMs: 0,
    // Java clients before 3.9 reject a feature with minimum 0 (KAFKA-17492).
    supportedFeatures: options.features.supported.filter((feature) => apiVersion >= 4 || feature.minVersion > 0),
    finalizedFeaturesEpoch: finalized.epoch,
    finalizedFeatures: [...finalized.levels]
      .filter(([, level]) => level > 0)
      .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  }
}

/** The answer to a version of ApiVersions that is not served, in the layout of version 0. */
export function refuseApiVersions(range: VersionRange): ApiVersionsResponseInput {
  return {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: ApiKey.ApiVersions, minVersion: range.min, maxVersion: range.max }],
  }
}

function advertisedApis(options: ApiVersionsOptions): { apiKey: number; minVersion: number; maxVersion: number }[] {
  const keys = new Set(BUILT_IN_APIS)
  for (const [key, handler] of options.handlers) if (options.internal || handler.internalOnly !== true) keys.add(key)
  const apis: { apiKey: number; minVersion: number; maxVersion: number }[] = []
  for (const apiKey of [...keys].sort((a, b) => a - b)) {
    const range = options.versionRange(apiKey)
    if (range === null) continue
    // librdkafka before 2.11.1 turns compression off unless the range holds version 0 (KAFKA-18659); none is sent.
    const minVersion = apiKey === ApiKey.Produce ? 0 : range.min
    apis.push({ apiKey, minVersion, maxVersion: range.max })
  }
  return apis
}
