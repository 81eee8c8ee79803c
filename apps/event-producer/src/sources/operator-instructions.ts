import { qualifiedName, type CaptureSource } from '@hooklane/core/capture'
import type { ReplicatedSource } from '@hooklane/replication'

/**
 * Makes the texts that tell an operator what to do when a source can no longer be read.
 *
 * @param place - Where the source is in the capture file, as messages show it; undefined: not known
 */
export function operatorInstructions(
  capture: CaptureSource,
  place: string | undefined,
): Pick<ReplicatedSource, 'acceptInstructions' | 'resetInstructions'> {
  const where = place === undefined ? '' : ` (${place})`
  return {
    resetInstructions:
      `raise the source's epoch in the capture file to ${capture.epoch + 1}${where}, restart the event-producer, and let receivers fetch ` +
      `everything again when it is ready`,
    // Repeats the ids that the file already accepts, because an accepted gap is closed only once the source can be read again.
    acceptInstructions: (ids, tables) =>
      `write \`accept: [${[...new Set([...capture.accept, ...ids])].join(', ')}]\` below the source${where} and restart the ` +
      `event-producer: receivers are then told to fetch ${resourcesOf(capture, tables).join(', ')} again`,
  }
}

const resourcesOf = ({ tables }: CaptureSource, names: readonly string[]): string[] =>
  tables.filter((table) => names.includes(qualifiedName(table))).map(({ resource }) => resource)
