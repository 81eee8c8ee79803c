import { notYetAvailable, part, text } from '../../http/fields.js'

export class WriteWorkflow {
  @text({ optional: true, description: 'Default: the name of the subscription' })
  name?: string

  @notYetAvailable(null)
  trigger?: null

  @notYetAvailable(null)
  stop?: null
}

export class WorkflowForm {
  @part(() => WriteWorkflow, { optional: true })
  workflow?: WriteWorkflow
}
