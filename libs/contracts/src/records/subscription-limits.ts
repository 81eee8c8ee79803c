/** Maximum number of event types and patterns per subscription. Too low: receivers need more subscriptions. Too high: routing gets slow. */
export const MAX_EVENTS = 100

/** An event type (`products.updated`), all types of a resource (`products.*`), or all types (`*`). */
export const EVENT_PATTERN = /^(\*|[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*\.(\*|[a-zA-Z0-9_]+))$/
