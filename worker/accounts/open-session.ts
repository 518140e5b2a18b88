import { isAPIError } from 'better-auth/api';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import { authOf } from './auth.ts';

/** A new session. The caller sends the cookies (values of Set-Cookie) to the browser, and keeps the token to itself. */
export interface SignedIn {
  userId: string;
  token: string;
  cookies: string[];
}

/** Starts a session of the user with this password. AppError `sign_in_failed`. Attempts are not counted here. */
export async function openSession(
  ctx: Ctx,
  { request, email, password }: { request: Request; email: string; password: string },
): Promise<SignedIn> {
  try {
    const { headers, response } = await authOf(ctx).api.signInEmail({
      body: { email, password },
      headers: request.headers,
      returnHeaders: true,
    });
    return { userId: response.user.id, token: response.token, cookies: headers.getSetCookie() };
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500) throw new AppError('sign_in_failed');
    throw error;
  }
}
