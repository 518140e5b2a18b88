/** Placeholders in paths and file names, `{title}` and its like. Pure. */
import { invalidFields } from '../../errors.ts';
import { cutBytes, isDotSegment, cleanText } from './key-text.ts';

/** What a placeholder may stand for. */
export interface TemplateValues {
  title: string;
  /** What the site calls the item; the job's id where there is none, so that different files have different names. */
  id: string;
  uploader: string;
  /** Of the request, UTC: `2026-11-24`, so that every attempt of a job has the same. */
  date: string;
  jobId: string;
  ext: string;
}

export type TemplateField = 'storagePath' | 'storageFilename' | 'defaultPathPrefix';

const NAMES = ['title', 'id', 'uploader', 'date', 'jobId', 'ext'] as const satisfies (keyof TemplateValues)[];
const PLACEHOLDER = /\{([^{}/]*)\}/g;

/** AppError `invalid_request` that names the first placeholder which does not exist. */
export function checkTemplate(template: string, field: TemplateField): void {
  for (const [placeholder, name] of template.matchAll(PLACEHOLDER)) {
    if (NAMES.some((known) => known === name)) continue;
    const known = NAMES.map((known) => `{${known}}`).join(' ');
    throw invalidFields([
      { field, message: `${field} has no placeholder ${placeholder}; there are ${known}` },
    ]);
  }
}

/**
 * The template with its values, each of at most `maxValueBytes` of UTF-8 and never more than one segment. What a value
 * contains is never read as a placeholder. Braces that hold no known name stay as they are.
 */
export function fillTemplate(template: string, values: TemplateValues, maxValueBytes: number): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) => {
    const known = NAMES.find((known) => known === name);
    return known === undefined ? placeholder : oneSegment(values[known], values.jobId, maxValueBytes);
  });
}

function oneSegment(value: string, jobId: string, maxBytes: number): string {
  const flat = cleanText(value).replace(/[/\\]/g, '-').trim();
  return flat === '' || isDotSegment(flat) ? jobId : cutBytes(flat, maxBytes);
}
