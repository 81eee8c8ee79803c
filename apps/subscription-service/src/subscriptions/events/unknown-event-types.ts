import { ApiProperty } from '@nestjs/swagger'

/** What is accepted, but may not be meant. */
export class WarningView {
  @ApiProperty() path!: string
  @ApiProperty({ example: 'UNKNOWN_EVENT_TYPE' }) code!: string
  @ApiProperty() message!: string
}

/** Patterns that fit no event type of the catalogue: it may come later, or the name is mistyped. */
export function unknownEventTypes(patterns: readonly string[], known: readonly string[]): WarningView[] {
  return patterns.flatMap((pattern, index) => {
    if (pattern === '*' || known.some((name) => fits(pattern, name))) return []
    const message = `${pattern} is no event type of the catalogue; nothing is delivered for it until it is`
    return [{ path: `events.${index}`, code: 'UNKNOWN_EVENT_TYPE', message }]
  })
}

const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
