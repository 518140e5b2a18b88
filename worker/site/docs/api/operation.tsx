/** An operation of the API: what it does and takes beside an example of it. */
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { codeBlock } from '../code-block.ts';
import { errorLink } from '../links.ts';
import type { Links } from '../markdown.ts';
import { FieldList, Prose, Type } from './field-list.tsx';
import type { AnswerView, ErrorView } from './answers.ts';
import type { BodyView, OperationView } from './reference.ts';

export const OperationSection: FC<{ operation: OperationView; links: Links }> = ({ operation, links }) => {
  const { id, summary, description, parameters, body, answers, errors } = operation;
  return (
    <section class="operation">
      <div class="operation-text">
        <h2 id={id}>
          {summary}{' '}
          <a class="anchor" href={`#${id}`} aria-label={`Link to ${summary}`}>
            #
          </a>
        </h2>
        <Address operation={operation} />
        {description && <Prose text={description} links={links} />}
        {parameters.map(({ title, fields }) => (
          <>
            <h3>{title}</h3>
            <FieldList fields={fields} links={links} of="request" />
          </>
        ))}
        {body && <Body body={body} links={links} />}
        <h3>Answer</h3>
        {answers.map((answer) => (
          <Answer answer={answer} links={links} />
        ))}
        {errors.length > 0 && <Errors errors={errors} />}
      </div>
      <Examples operation={operation} />
    </section>
  );
};

const Address: FC<{ operation: OperationView }> = ({ operation: { method, path, scope, curl } }) => (
  <p class="operation-address">
    <Method method={method} /> <code>{path}</code>
    <span class="operation-scope">
      {scope === undefined ? (
        curl && 'No API key is needed'
      ) : (
        <>
          Scope <code>{scope}</code>
        </>
      )}
    </span>
  </p>
);

/** The method of a request, in the color of what it does. */
export const Method: FC<{ method: string }> = ({ method }) => (
  <span class={`method ${method.toLowerCase()}`}>{method}</span>
);

const Body: FC<{ body: BodyView; links: Links }> = ({ body, links }) => (
  <>
    <h3>Body{body.isRequired ? '' : ' (may be omitted)'}</h3>
    {body.fields.length > 0 ? (
      <FieldList fields={body.fields} links={links} of="request" />
    ) : (
      <p>
        <Type parts={body.type} />
      </p>
    )}
  </>
);

const Answer: FC<{ answer: AnswerView; links: Links }> = ({ answer, links }) => (
  <div class="answer">
    <div class="answer-head">
      <span class="status">{answer.status}</span>
      <Prose text={answer.description} links={links} />
    </div>
    {answer.type && (
      <p>
        <code>data</code> is <Type parts={answer.type} />
      </p>
    )}
    {answer.fields.length > 0 && <FieldList fields={answer.fields} links={links} of="answer" />}
    {answer.types.length > 0 && <p class="field-facts">Also as {answer.types.join(', ')}</p>}
    {answer.headers.length > 0 && <FieldList fields={answer.headers} links={links} of="answer" />}
  </div>
);

const Errors: FC<{ errors: readonly ErrorView[] }> = ({ errors }) => (
  <details class="errors">
    <summary>{errors.length} errors</summary>
    <ul class="error-list">
      {errors.map(({ status, code, message }) => (
        <li>
          <span class="status bad">{status}</span>
          <span>
            <a href={errorLink(code)}>
              <code>{code}</code>
            </a>{' '}
            {message}
          </span>
        </li>
      ))}
    </ul>
  </details>
);

const Examples: FC<{ operation: OperationView }> = ({ operation: { id, curl, answers } }) => {
  const example = answers.find((answer) => answer.example !== undefined)?.example;
  return (
    <div class="operation-examples">
      {curl && raw(codeBlock({ id: `${id}-request`, code: curl, language: 'sh' }))}
      {example && (
        <>
          <p class="example-title">Answer</p>
          {raw(codeBlock({ id: `${id}-answer`, code: example, language: 'json' }))}
        </>
      )}
    </div>
  );
};
