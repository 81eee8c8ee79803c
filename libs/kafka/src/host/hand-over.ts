import type { MessageHandler } from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import type { LogBatch } from '@hooklane/core/kernel'

/** Calls the handler with a batch, synchronously; see `OnBatch`. Rejects with the error that the handler threw. */
export async function handOver(batch: LogBatch, handler: MessageHandler | undefined): Promise<void> {
  const result: unknown = await handler?.(batch)
  // Nest converts a failure to an observable.
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined })
}
