/** Waits for something that no event tells of: at most 20 seconds, looking again every 100 ms. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
