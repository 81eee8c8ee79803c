/** Waits for the work for at most `limitMs`. Returns false when the time ran out first; the work then continues. */
export async function endsWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs)
  })
  try {
    return await Promise.race([work.then(() => true as const), limit])
  } finally {
    clearTimeout(timer)
  }
}
