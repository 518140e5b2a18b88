/** The first steps of a workspace. The list is gone once all of them are done. */
import type { FC } from 'hono/jsx';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../layout/icons.tsx';
import type { FirstStep } from './first-steps.ts';

export const Checklist: FC<{ steps: readonly FirstStep[] }> = ({ steps }) => {
  const done = steps.filter(({ isDone }) => isDone).length;
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <Card flush title="First steps" lead={`${done} of ${steps.length} done`}>
      <ol class="steps">
        {steps.map((step, index) => (
          <Step step={step} number={index + 1} isNext={step === next} />
        ))}
      </ol>
    </Card>
  );
};

const Step: FC<{ step: FirstStep; number: number; isNext: boolean }> = ({ step, number, isNext }) => (
  <li>
    {step.isDone ? (
      <span class="step-mark good">
        <Icon name="check" />
        <span class="visually-hidden">Done</span>
      </span>
    ) : (
      <span class="step-mark">{number}</span>
    )}
    <div>
      <strong>{step.title}</strong>
      {!step.isDone && <p class="soft">{step.reason}</p>}
    </div>
    {!step.isDone && (
      <ButtonLink href={step.href} kind={isNext ? 'primary' : undefined}>
        {step.action}
      </ButtonLink>
    )}
  </li>
);
