export const instantOf = (at: Date): string => at.toISOString()
export const maybeInstantOf = (at: Date | null): string | null => at?.toISOString() ?? null
