import { Controller } from '@nestjs/common'
import type { LogBatch } from '@hooklane/core/kernel'
import { OnBatch } from '@hooklane/kafka/host'
import { AssignedPartitions } from './partitions/assigned-partitions.js'

/** The topics that the router reads: events and, while it takes over a partition, the state that the last owner left. */
@Controller()
export class EventsController {
  constructor(private readonly router: AssignedPartitions) {}

  @OnBatch('events')
  onEvents(batch: LogBatch): void {
    this.router.onBatch(batch)
  }

  @OnBatch('router-state')
  onState(batch: LogBatch): void {
    this.router.onBatch(batch)
  }
}
