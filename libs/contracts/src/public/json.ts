/** Any JSON value. Numbers that a double cannot hold exactly were converted to strings before they reach this type. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
/** A JSON object. The sender chose its keys: check with `Object.hasOwn` before reading a name, so that no inherited member is read. */
export type JsonObject = { [key: string]: JsonValue }
