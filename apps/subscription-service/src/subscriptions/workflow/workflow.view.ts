import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { NULL } from '../../http/view-properties.js'
import type { WorkflowForm, WriteWorkflow } from './workflow.form.js'
import type { StoredWorkflow } from './workflow.stored.js'

class WorkflowView implements Shows<WriteWorkflow> {
  @ApiProperty() id!: string
  @ApiProperty() name!: string
  @ApiProperty(NULL) trigger!: null
  @ApiProperty(NULL) stop!: null
}

export class WorkflowPartView implements Shows<WorkflowForm> {
  @ApiProperty({ type: WorkflowView }) workflow!: WorkflowView
}

export const workflowView = ({ workflowId, workflowName }: StoredWorkflow): WorkflowPartView => ({
  workflow: { id: workflowId, name: workflowName, trigger: null, stop: null },
})
