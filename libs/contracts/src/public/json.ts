/** Any JSON value. Numbers that no double holds exactly have been turned into strings before they reach this type. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
/** A JSON object. Its keys are the sender's: never index it with a name that was not read from it. */
export type JsonObject = { [key: string]: JsonValue }
