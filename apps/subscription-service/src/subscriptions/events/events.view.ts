import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import type { EventsForm } from './events.form.js'
import type { StoredEvents } from './events.stored.js'

export class EventsView implements Shows<EventsForm> {
  @ApiProperty({ type: [String] }) events!: string[]
}

export const eventsView = ({ events }: StoredEvents): EventsView => ({ events })
