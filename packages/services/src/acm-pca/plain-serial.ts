/** A serial number as it is compared: lower case, no zeros in front. */
export function plainSerial(serial: string): string {
  return serial.toLowerCase().replace(/^0+(?=.)/, '')
}
