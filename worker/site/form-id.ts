/** The ID of a rendered form. It makes the form count once, however often it is sent. */
import type { Ctx } from '../context.ts';
import type { Typed } from './forms.ts';

const UUID = /^[0-9a-f-]{36}$/;

/** The ID that the form was sent with, or a new one. */
export function formIdOf(ctx: Ctx, { formId = '' }: Typed): string {
  return UUID.test(formId) ? formId : ctx.newId();
}
