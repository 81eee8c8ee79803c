import { qualifiedName, type CaptureSource } from '@hooklane/core/capture'
import type { ReplicatedSource } from '@hooklane/replication'

/**
 * What a person has to do when a source cannot be read on.
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
    // Repeats the ids that the file already accepts: their gaps stay open for as long as anything else keeps the source from being read.
    acceptInstructions: (ids, tables) =>
      `write \`accept: [${[...new Set([...capture.accept, ...ids])].join(', ')}]\` below the source${where} and restart the ` +
      `event-producer: receivers are then told to fetch ${resourcesOf(capture, tables).join(', ')} again`,
  }
}

const resourcesOf = ({ tables }: CaptureSource, names: readonly string[]): string[] =>
  tables.filter((table) => names.includes(qualifiedName(table))).map(({ resource }) => resource)
