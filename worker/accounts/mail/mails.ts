/** The mails of this service. They are plain text: a name in them cannot become a link or a picture. */
import type { Ctx } from '../../context.ts';
import { canMail, sendMail } from './send-mail.ts';

const host = ({ config }: Ctx) => new URL(config.PUBLIC_URL).host;

/** Mails the link of an invitation after the answer. Returns false when mail is not set up. */
export function sendInvitation(
  ctx: Ctx,
  { email, url, workspaceName }: { email: string; url: string; workspaceName: string },
): boolean {
  if (!canMail(ctx)) return false;
  const text = [
    `You are invited to the workspace "${workspaceName}" on ${host(ctx)}.`,
    'Open this link within a week to accept:',
    url,
    'If you do not expect this invitation, ignore this mail.',
  ].join('\n\n');
  ctx.background(sendMail(ctx, { to: email, subject: `Invitation to ${host(ctx)}`, text }));
  return true;
}

/** The mail with the link that sets a new password. */
export async function mailReset(ctx: Ctx, { email, url }: { email: string; url: string }): Promise<void> {
  const text = [
    `Somebody asked for a new password of your account on ${host(ctx)}.`,
    'Open this link within an hour to choose one:',
    url,
    'If it was not you, ignore this mail. Your password stays as it is.',
  ].join('\n\n');
  await sendMail(ctx, { to: email, subject: `New password for ${host(ctx)}`, text });
}
