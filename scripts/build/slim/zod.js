// zod without its 50 languages, which make the bundle a seventh larger. wrangler.toml puts this file in the place of `zod`. The English
// texts stay: they are part of the schemas.
import * as z from './zod-classic.js';
export * from './zod-classic.js';
// Packages import the default too.
// oxlint-disable-next-line no-default-export
export { z, z as default };
