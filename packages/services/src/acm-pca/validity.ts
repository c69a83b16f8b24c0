/** When a certificate begins and ends. Source: `Validity` in the API reference of AWS Private CA, RFC 5280 §4.1.2.5. */
import type { Validity } from '@millrace/aws/frozen/acm-pca'
import { invalidArgs } from './subject.ts'

const BACKDATED_MS = 3_600_000
/** The last moment that a certificate can name. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59)

/** @throws InvalidArgsException */
export function endOf(validity: Validity, now: Date): Date {
  const end = momentOf(validity, now)
  if (!(end.getTime() > now.getTime())) throw invalidArgs('The end of the validity is not in the future.')
  if (end.getTime() > LATEST_MS) throw invalidArgs('The end of the validity is after the year 9999.')
  return end
}

/** @throws InvalidArgsException */
export function beginOf(validity: Validity | undefined, end: Date, now: Date): Date {
  if (validity === undefined) return new Date(now.getTime() - BACKDATED_MS)
  if (validity.Type !== 'ABSOLUTE' && validity.Type !== 'END_DATE')
    throw invalidArgs('ValidityNotBefore is of type ABSOLUTE or END_DATE.')
  const begin = momentOf(validity, now)
  if (!(begin.getTime() < end.getTime())) throw invalidArgs('The validity begins after its end.')
  return begin
}

function momentOf({ Type, Value }: Validity, now: Date): Date {
  const moment = new Date(now)
  // Certificates know whole seconds.
  moment.setUTCMilliseconds(0)
  switch (Type) {
    case 'ABSOLUTE':
      return new Date(Value * 1000)
    case 'END_DATE':
      return date(String(Value))
    case 'DAYS':
      moment.setUTCDate(moment.getUTCDate() + Value)
      return moment
    case 'MONTHS':
      moment.setUTCMonth(moment.getUTCMonth() + Value)
      return moment
    case 'YEARS':
      moment.setUTCFullYear(moment.getUTCFullYear() + Value)
      return moment
  }
}

/** YYYYMMDDHHMMSS, or YYMMDDHHMMSS with the years of UTCTime; a number loses its zeros in front. */
function date(digits: string): Date {
  const padded = digits.length > 12 ? digits.padStart(14, '0') : digits.padStart(12, '0')
  const short = Number(padded.slice(0, 2))
  const text = padded.length === 14 ? padded : `${short >= 50 ? '19' : '20'}${padded}`
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (parts === null) throw invalidArgs('An END_DATE is written YYYYMMDDHHMMSS or YYMMDDHHMMSS.')
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(moment.getTime())) throw invalidArgs(`${text} is no date.`)
  return moment
}
