/** The X.509 library, loaded when it is first needed: a start without certificates never pays for it. */
export type X509 = typeof import('@peculiar/x509')

export async function loadX509(): Promise<X509> {
  // The library's dependency injection needs it to be there first.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

/** OpenSSL and Java want the last line ended. */
export function endedPem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
