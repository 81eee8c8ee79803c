import { ApiProperty } from '@nestjs/swagger'

/** A value that was accepted but may be a mistake. */
export class WarningView {
  @ApiProperty() path!: string
  @ApiProperty({ example: 'UNKNOWN_EVENT_TYPE' }) code!: string
  @ApiProperty() message!: string
}

/** Warns of patterns that match no event type of the catalogue. The type may be added later, or the pattern may be mistyped. */
export function unknownEventTypes(patterns: readonly string[], known: readonly string[]): WarningView[] {
  return patterns.flatMap((pattern, index) => {
    if (pattern === '*' || known.some((name) => fits(pattern, name))) return []
    const message = `${pattern} matches no known event type; nothing is delivered for it until one is added`
    return [{ path: `events.${index}`, code: 'UNKNOWN_EVENT_TYPE', message }]
  })
}

const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
