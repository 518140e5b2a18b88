// No sign-in through other sites: wrangler.toml puts this file in the place of better-auth's list of them.
import { z } from 'zod';
export const socialProviders = {};
export const SocialProviderListEnum = z.never();
