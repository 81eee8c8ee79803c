/** Whether a worker group is served. `patterns` are names in which `*` stands for any number of characters. */
export function isServed(group: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(group, pattern))
}

function matches(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  if (!name.startsWith(first)) return false
  const last = rest.pop() ?? ''
  let from = first.length
  for (const part of rest) {
    const at = name.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return name.length - last.length >= from && name.endsWith(last)
}
