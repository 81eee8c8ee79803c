/** What decorators tell the maker of the OpenAPI document; none of it is in the document that is served. */
export const ACCESS_EXTENSION = 'x-hooklane-access'
export const OPERATION_EXTENSION = 'x-hooklane-operation'
