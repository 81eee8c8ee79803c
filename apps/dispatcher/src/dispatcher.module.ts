import { Module, type DynamicModule } from '@nestjs/common'
import { TRANSPORT_ENGINE } from '@hooklane/kafka/host'
import type { Dispatcher } from './dispatcher.js'

/**
 * Nest runs the dispatcher's life cycle. Batches do not pass through handlers of a topic role: each worker group has a consumer of its own, which
 * comes and goes with the group, and hands them to the sessions of its lanes.
 */
@Module({})
export class DispatcherModule {
  static of(dispatcher: Dispatcher): DynamicModule {
    return { module: DispatcherModule, providers: [{ provide: TRANSPORT_ENGINE, useValue: dispatcher }] }
  }
}
