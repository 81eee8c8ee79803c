import type { MessageHandler } from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import type { LogBatch } from '@hooklane/core/kernel'

/** Synchronous until the handler has filed the records; see `OnBatch`. Rejects with what the handler threw. */
export async function handOver(batch: LogBatch, handler: MessageHandler | undefined): Promise<void> {
  const result: unknown = await handler?.(batch)
  // Nest makes an observable of a failure.
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined })
}
