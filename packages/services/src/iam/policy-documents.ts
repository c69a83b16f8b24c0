/** Policy texts, parsed once: the same text gives the same document, so that what the evaluator made of it is kept too. */
import { AwsError } from '@millrace/aws/errors'
import { MalformedPolicyError, parsePolicy, type PolicyKind } from '@millrace/policy/parse-policy'
import type { PolicyDocument } from '@millrace/policy/policy-document'

/** Beyond it the memory begins anew: policies that are gone must not stay for ever. */
const DOCUMENTS_MAX = 10_000

export class PolicyDocuments {
  readonly #documents = new Map<string, PolicyDocument>()

  /** Throws MalformedPolicyDocumentException. */
  parse(text: string, kind: PolicyKind): PolicyDocument {
    const key = `${kind} ${text}`
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const document = parseDocument(text, kind)
    if (this.#documents.size >= DOCUMENTS_MAX) this.#documents.clear()
    this.#documents.set(key, document)
    return document
  }
}

function parseDocument(text: string, kind: PolicyKind): PolicyDocument {
  try {
    return parsePolicy(text, kind)
  } catch (error) {
    if (!(error instanceof MalformedPolicyError)) throw error
    throw new AwsError('MalformedPolicyDocumentException', { message: error.message, cause: error })
  }
}
