import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { newId } from '@hooklane/core/kernel'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import type { WorkflowForm } from './workflow.form.js'

export type StoredWorkflow = Pick<SubscriptionEntity, 'workflowId' | 'workflowName'>

/** @param before null: the subscription is new, and the name of its workflow is `byDefault` if none is written */
export const storedWorkflow = (
  { workflow }: WorkflowForm,
  before: StoredWorkflow | null,
  byDefault: string,
): StoredWorkflow => ({
  workflowId: before?.workflowId ?? newId('wf'),
  workflowName: workflow?.name ?? before?.workflowName ?? byDefault,
})

export const workflowConfiguration = ({
  workflowId,
  workflowName,
}: StoredWorkflow): Pick<SubscriptionConfiguration, 'workflow'> => ({
  workflow: { id: workflowId, name: workflowName },
})
