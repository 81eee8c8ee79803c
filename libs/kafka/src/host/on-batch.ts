import 'reflect-metadata'
import { EventPattern } from '@nestjs/microservices'
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants'
import type { LogBatch } from '@hooklane/core/kernel'

type BatchMethod = TypedPropertyDescriptor<(batch: LogBatch) => void>

/**
 * Nest's `@EventPattern` for a method that takes the batches of a topic role, each as a `LogBatch`.
 *
 * The handler must be called in the same tick in which the batch was checked to be current, because a seek in between would make the batch
 * stale, and records would be lost. So Nest must not build the arguments, because it awaits them. For the same reason, guards, pipes and
 * interceptors must not be used on such a method. They would also cost time per batch, while their checks are needed per record.
 */
export const OnBatch =
  (role: string) =>
  (target: object, name: string, method: BatchMethod): void => {
    Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, target.constructor, name)
    // Nest's type accepts only untyped methods.
    const anyMethod: PropertyDescriptor = method
    EventPattern(role)(target, name, anyMethod)
  }
