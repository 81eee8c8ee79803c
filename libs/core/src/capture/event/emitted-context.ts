import type { EntityEvent, Revision } from '@hooklane/contracts/public'
import type { Actor } from '../entity/entity-state.js'
import type { EmittedContext } from '../row-change.js'

type ChangeSource = NonNullable<Revision['source']>
type Batch = NonNullable<EntityEvent['batch']>

/** Who and what caused the changes of a transaction, as far as an application said so. */
export interface TransactionContext {
  readonly actor: Actor | null
  readonly source: ChangeSource | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly batch: Batch | null
}

export const NO_CONTEXT: TransactionContext = {
  actor: null,
  source: null,
  correlationId: null,
  causationId: null,
  batch: null,
}

/** Why a message that an application emitted with `pg_logical_emit_message`, or one member of it, was ignored. */
export type ContextFault =
  'contextTooLarge' | 'contextNotText' | 'contextInvalidJson' | 'contextNotObject' | 'contextInvalidMember'

/** The prefix under which applications emit: `pg_logical_emit_message(true, 'hooklane', '{…}')`. */
export const CONTEXT_PREFIX = 'hooklane'

/** Maximum bytes of one message. The context is part of every event of the transaction, so a large one would leave no room for the data. */
export const MAX_CONTEXT_BYTES = 16 * 1024

/**
 * Adds one emitted message to the context so far. If several messages have the same member, the last one wins. A message or member that
 * cannot be used is ignored and reported in `faults`, so that a change is never lost because of its context. Where text is expected, a
 * number is accepted, too.
 */
export function mergeContext(
  known: TransactionContext,
  message: EmittedContext,
): { readonly context: TransactionContext; readonly faults: readonly ContextFault[] } {
  if (message.prefix !== CONTEXT_PREFIX) return { context: known, faults: [] }
  if (message.byteLength > MAX_CONTEXT_BYTES) return { context: known, faults: ['contextTooLarge'] }
  const text = message.readText()
  if (text === null) return { context: known, faults: ['contextNotText'] }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { context: known, faults: ['contextInvalidJson'] }
  }
  if (!isRecord(parsed)) return { context: known, faults: ['contextNotObject'] }
  const faults = new Set<ContextFault>()
  const reader = new ContextReader(parsed, () => faults.add('contextInvalidMember'))
  const context: TransactionContext = {
    actor: actorOf(reader.object('actor')) ?? known.actor,
    source: sourceOf(reader.object('source')) ?? known.source,
    correlationId: reader.text('correlationId') ?? known.correlationId,
    causationId: reader.text('causationId') ?? known.causationId,
    batch: batchOf(reader.object('batch')) ?? known.batch,
  }
  return { context, faults: [...faults] }
}

const actorOf = (actor: ContextReader | null): Actor | null =>
  actor && { type: actor.text('type'), id: actor.text('id'), name: actor.text('name') }

/** If `hops` is missing, a change that an app caused counts as one hop, any other change as none. */
function sourceOf(source: ContextReader | null): ChangeSource | null {
  if (!source) return null
  const app = source.text('app')
  return { kind: source.text('kind'), id: source.text('id'), app, hops: source.count('hops') ?? (app === null ? 0 : 1) }
}

function batchOf(batch: ContextReader | null): Batch | null {
  const id = batch?.requiredText('id') ?? null
  return batch && id !== null ? { id, kind: batch.text('kind') } : null
}

/** Reads members that may be absent or null; reports a member of the wrong type. */
class ContextReader {
  constructor(
    private readonly members: Readonly<Record<string, unknown>>,
    private readonly onFault: () => void,
  ) {}

  text(name: string): string | null {
    const value = this.member(name)
    if (typeof value === 'string' || value === null) return value
    if (typeof value === 'number') return String(value)
    this.onFault()
    return null
  }

  requiredText(name: string): string | null {
    const value = this.text(name)
    if (value === null) this.onFault()
    return value
  }

  count(name: string): number | null {
    const value = this.member(name)
    if (value === null) return null
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    this.onFault()
    return null
  }

  object(name: string): ContextReader | null {
    const value = this.member(name)
    if (value === null) return null
    if (isRecord(value)) return new ContextReader(value, this.onFault)
    this.onFault()
    return null
  }

  private member(name: string): unknown {
    return Object.hasOwn(this.members, name) ? (this.members[name] ?? null) : null
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
