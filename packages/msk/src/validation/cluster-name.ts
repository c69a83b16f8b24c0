import { badRequest } from '@millrace/aws/errors'

/** 1 to 64 letters, digits and hyphens, a letter or digit first (msk.md §3.1). */
export function checkClusterName(name: string): void {
  if (/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(name)) return
  throw badRequest({
    message:
      'The parameter value contains one or more invalid characters. A cluster name has 1 to 64 letters, digits and hyphens, and begins with a letter or digit.',
    invalidParameter: 'clusterName',
  })
}
