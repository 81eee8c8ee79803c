/** Event types and patterns of one subscription. Too low: more subscriptions per receiver. Too high: routing compares each event with all. */
export const MAX_EVENTS = 100

/** An event type (`products.updated`), all of a resource (`products.*`), or all there are (`*`). */
export const EVENT_PATTERN = /^(\*|[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*\.(\*|[a-zA-Z0-9_]+))$/
