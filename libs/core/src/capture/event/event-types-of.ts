import type { CaptureConfiguration } from '../capture-configuration.js'
import { ACTIONS } from './build-event.js'

/** An event type that captured changes yield. */
export interface CapturedEventType {
  /** `products.created`. */
  readonly type: string
  readonly resource: string
  readonly action: 'created' | 'updated' | 'deleted'
  /** The `entity.type` of the events of this type. */
  readonly entity: string
}

/** The event types that a capture file yields, each once, in the order of the file. */
export function eventTypesOf(configuration: CaptureConfiguration): CapturedEventType[] {
  const types = new Map<string, CapturedEventType>()
  for (const { resource, entity } of configuration.sources.flatMap((source) => source.tables)) {
    for (const action of Object.values(ACTIONS)) {
      types.set(`${resource}.${action}`, { type: `${resource}.${action}`, resource, action, entity })
    }
  }
  return [...types.values()]
}
