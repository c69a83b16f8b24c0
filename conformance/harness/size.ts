/** Both sizes of a conformance run in one place: `quick` for npm test, `full` for npm run test:full. */
export const full: boolean = process.env['MILLRACE_SIZE'] === 'full'

export function sized<T>(values: { readonly quick: T; readonly full: T }): T {
  return full ? values.full : values.quick
}
