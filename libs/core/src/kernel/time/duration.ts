const FORM = /^P(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?$/

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds (`PT6M`, `PT1.5S`, `P1D`); null for any other text. */
export function parseDuration(text: string): number | null {
  const parts: readonly (string | undefined)[] = FORM.exec(text)?.slice(1) ?? []
  if (parts.every((part) => part === undefined)) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
