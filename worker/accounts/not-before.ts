/** Hides how long a refusal took. */

/** More than checking a password takes, in milliseconds. */
const REFUSED_AFTER_MS = 400;

/** Does the work. Its error comes after a fixed time, however early the reason was found. */
export async function notBefore<Result>(
  work: () => Promise<Result>,
  afterMs = REFUSED_AFTER_MS,
): Promise<Result> {
  const wait = new Promise((resolve) => setTimeout(resolve, afterMs));
  try {
    return await work();
  } catch (error) {
    await wait;
    throw error;
  }
}
