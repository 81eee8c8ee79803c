import { notYet, part, text } from '../../http/fields.js'

export class WriteWorkflow {
  @text({ optional: true, description: 'Default: the name of the subscription' })
  name?: string

  @notYet(null)
  trigger?: null

  @notYet(null)
  stop?: null
}

export class WorkflowForm {
  @part(() => WriteWorkflow, { optional: true })
  workflow?: WriteWorkflow
}
