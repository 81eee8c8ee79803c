/**
 * Longest pointer that an event may carry (the record schema refuses longer ones). If a member's pointer would be longer, the object that
 * holds the member is reported as a whole.
 */
export const MAX_POINTER_LENGTH = 4096

/** The pointer `parent` extended by one reference token (RFC 6901). */
export const childPointer = (parent: string, name: string): string =>
  `${parent}/${name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name}`

/** The reference tokens of a pointer, unescaped. */
export const pointerSegments = (pointer: string): string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
