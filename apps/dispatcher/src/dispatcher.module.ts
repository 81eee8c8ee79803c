import { Module, type DynamicModule } from '@nestjs/common'
import { TRANSPORT_ENGINE } from '@hooklane/kafka/host'
import type { Dispatcher } from './dispatcher.js'

/**
 * Nest runs the dispatcher's life cycle. Batches do not pass through Nest message handlers: each worker group has its own consumer, which
 * starts and ends with the group and passes batches to the sessions of its partitions.
 */
@Module({})
export class DispatcherModule {
  static of(dispatcher: Dispatcher): DynamicModule {
    return { module: DispatcherModule, providers: [{ provide: TRANSPORT_ENGINE, useValue: dispatcher }] }
  }
}
