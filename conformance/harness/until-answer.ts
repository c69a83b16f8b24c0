/** Asking until an answer comes that is waited for. */

const PLENTY_MS = 60_000

/** Runs `ask` until its answer is what is waited for; gives that answer. */
export async function untilAnswer<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  const endMs = Date.now() + PLENTY_MS
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    if (Date.now() > endMs) throw new Error(`waited too long for ${what}: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
