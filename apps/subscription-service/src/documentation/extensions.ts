/** Extensions by which decorators pass data to `completeDocument`. It removes them before the document is served. */
export const ACCESS_EXTENSION = 'x-hooklane-access'
export const OPERATION_EXTENSION = 'x-hooklane-operation'
