/** Any JSON value. Numbers that a double cannot hold exactly were converted to strings before they reach this type. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
/** A JSON object. The sender chose its keys: never index it with a name that was not read from the object itself. */
export type JsonObject = { [key: string]: JsonValue }
