/**
 * What each call of ACM-PCA is about: an authority with its tags, and the template of a certificate. Source: "Actions, resources,
 * and condition keys for AWS Private Certificate Authority" of the service authorization reference.
 */
import { requestTags, resourceTags, textOf, type TargetResolver } from '@millrace/aws/authorization-target'
import type { AuthorityStore } from './authority-store.ts'

export function acmPcaTargets(store: AuthorityStore): TargetResolver {
  return async ({ input, accountId, region }) => {
    const arn = textOf(input, 'CertificateAuthorityArn')
    const authority = arn === '' ? null : await store.authority({ accountId, region }, arn)
    const template = textOf(input, 'TemplateArn')
    const values = {
      ...(authority === null ? {} : resourceTags(authority.tags)),
      ...requestTags(input),
      ...(template === '' ? {} : { 'acm-pca:templatearn': [template] }),
    }
    return { targets: [{ resource: arn === '' ? '*' : arn, values }] }
  }
}
