import 'reflect-metadata'
import { EventPattern } from '@nestjs/microservices'
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants'
import type { LogBatch } from '@hooklane/core/kernel'

type BatchMethod = TypedPropertyDescriptor<(batch: LogBatch) => void>

/**
 * Nest's `@EventPattern` for a method that takes the batches of a topic role, each as a `LogBatch`.
 *
 * A batch is handed over in the tick in which it was found to be current: a seek in between would make it stale, and what it skips would be
 * lost. So Nest must not make arguments, which it waits for; and guards, pipes and interceptors, which it waits for as well, have no place on such
 * a method. They would cost something for each batch, and what they would do is done for each record.
 */
export const OnBatch =
  (role: string) =>
  (target: object, name: string, method: BatchMethod): void => {
    Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, target.constructor, name)
    // Nest's type takes methods of anything only.
    const anyMethod: PropertyDescriptor = method
    EventPattern(role)(target, name, anyMethod)
  }
