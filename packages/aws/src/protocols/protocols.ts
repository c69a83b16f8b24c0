import type { Model, ProtocolName } from '../model.ts'
import { awsJson10, awsJson11 } from './aws-json.ts'
import { awsQuery } from './aws-query.ts'
import { ec2Query } from './ec2-query.ts'
import type { Protocol } from './protocol.ts'
import { restJson } from './rest-json.ts'

const protocols: Readonly<Partial<Record<ProtocolName, Protocol>>> = {
  restJson1: restJson,
  awsJson1_0: awsJson10,
  awsJson1_1: awsJson11,
  awsQuery,
  ec2Query,
}

/** Throws for a model in a protocol that is not served. */
export function protocolOf(model: Model): Protocol {
  const protocol = protocols[model.protocol]
  if (protocol === undefined) throw new Error(`${model.service} speaks ${model.protocol}, which is not served`)
  return protocol
}
