/** @typedef {Awaited<ReturnType<typeof import('./evidence.mjs').judgeFolder>>} Judged */

/** @param {Judged} judged */
export const isClean = ({ counts, run }) =>
  run.stuck.length +
    (counts['lost'] ?? 0) +
    (counts['invented'] ?? 0) +
    (counts['leaked'] ?? 0) +
    (counts['confused'] ?? 0) ===
  0

/** The content of the closing JSON line. @param {Judged} judged @param {string | null} sabotage */
export function summaryOf({ run, counts, halfKilled }, sabotage) {
  const resyncs = Object.entries(counts).filter(([name]) => name.startsWith('resync '))
  return {
    lost: counts['lost'],
    invented: counts['invented'],
    leaked: counts['leaked'],
    stuck: run.stuck.length,
    ...(counts['confused'] ? { confused: counts['confused'] } : {}),
    hostileChanges: Object.values(run.changes).reduce((sum, count) => sum + count, 0),
    changes: run.changes,
    rowChanges: counts['rowChanges'] ?? 0,
    kills: run.kills,
    killsInHalfPublishedTransaction: halfKilled,
    starts: run.producers.length,
    events: counts['events'],
    resyncs: Object.fromEntries(resyncs.map(([name, count]) => [name.slice('resync '.length), count])),
    seed: run.seed,
    minutes: run.minutes,
    ...(sabotage === null ? {} : { sabotage }),
  }
}

/** @param {import('./judge/findings.mjs').Finding} finding */
export function describeFinding({ verdict, text, at, ...details }) {
  const more = Object.keys(details).length === 0 ? '' : `\n    ${JSON.stringify(details).slice(0, 1500)}`
  return `${verdict}: ${text}${at ? ` (committed at ${at})` : ''}${more}`
}
