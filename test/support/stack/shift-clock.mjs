/** Preloaded into a process to stand in for a machine whose clock is wrong, by CLOCK_OFFSET_MS milliseconds. */
const offsetMs = Number(process.env.CLOCK_OFFSET_MS);
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + offsetMs;
