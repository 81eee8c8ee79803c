import { Module } from '@nestjs/common'

/**
 * Nest runs the dispatcher's life cycle through `LaneTransport`. Deliveries do not pass through Nest's handlers: their pipeline costs more per
 * delivery than signing does.
 */
@Module({})
export class DispatcherModule {}
