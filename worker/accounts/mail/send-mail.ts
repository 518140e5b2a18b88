/** Mail: through the binding of Cloudflare Email Service, or through a webhook that takes the same fields as many providers of mail. */
import type { Ctx } from '../../context.ts';
import { errorText } from '../../error-text.ts';

const TIMEOUT_MS = 10_000;

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** Whether this service can send mail: it knows the sender, and a binding or a webhook is set. */
export function canMail({ config, mail }: Pick<Ctx, 'config' | 'mail'>): boolean {
  return config.MAIL_FROM !== undefined && (mail !== null || config.MAIL_WEBHOOK_URL !== undefined);
}

/** Sends a mail. Its failure is logged without address and text, because the text holds a link that lets somebody in. Never throws. */
export async function sendMail(ctx: Ctx, mail: Mail): Promise<void> {
  const from = ctx.config.MAIL_FROM;
  if (from === undefined) return;
  try {
    if (ctx.mail !== null) await ctx.mail.send({ from, ...mail });
    else await postMail(ctx, { from, ...mail });
  } catch (error) {
    ctx.log.error('mail.failed', { error: errorText(error).replaceAll(mail.to, '…') });
  }
}

async function postMail({ config, fetch }: Ctx, body: Mail & { from: string }): Promise<void> {
  const { MAIL_WEBHOOK_URL: url, MAIL_WEBHOOK_TOKEN: token } = config;
  if (url === undefined) return;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the mail webhook answered ${answer.status}`);
}
