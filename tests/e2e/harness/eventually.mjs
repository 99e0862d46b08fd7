// Waiting for a condition, instead of for a time that is hoped to be long enough.

export const delay = (time_ms) => new Promise((resolve) => setTimeout(resolve, time_ms));

/** The first truthy value that `condition` gives; fails after `time_ms` with `what` was awaited. */
export async function eventually(what, condition, time_ms = 20_000) {
  const deadline = Date.now() + time_ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`still waiting for ${what} after ${time_ms} ms`);
    await delay(10);
  }
}
