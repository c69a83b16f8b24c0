import { badRequest } from '@millrace/aws/errors'

const DESCRIPTION_LENGTH_MAX = 1024

export function checkDescription(description: string | undefined): void {
  if (description === undefined || description.length <= DESCRIPTION_LENGTH_MAX) return
  throw badRequest({
    message: `A description has at most ${DESCRIPTION_LENGTH_MAX} characters.`,
    invalidParameter: 'description',
  })
}
