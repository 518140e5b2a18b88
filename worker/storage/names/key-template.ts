/** Placeholders in paths and file names, such as `{title}`. Pure. */
import { invalidFields } from '../../errors.ts';
import { cutBytes, isDotSegment, cleanText } from './key-text.ts';

/** The values of the placeholders. */
export interface TemplateValues {
  title: string;
  /** The id of the item at its site. Without one it is the job's id, so that different files have different names. */
  id: string;
  uploader: string;
  /** The date of the request in UTC, `2026-11-24`, so that all attempts of a job have the same value. */
  date: string;
  jobId: string;
  ext: string;
}

export type TemplateField = 'storagePath' | 'storageFilename' | 'defaultPathPrefix';

const NAMES = ['title', 'id', 'uploader', 'date', 'jobId', 'ext'] as const satisfies (keyof TemplateValues)[];
const PLACEHOLDER = /\{([^{}/]*)\}/g;

/** AppError `invalid_request` for an unknown placeholder; it names the first one. */
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
 * Fills in the template. Each value has at most `maxValueBytes` of UTF-8 and is never more than one path segment.
 * Placeholders inside of values, and braces with unknown names, stay as they are.
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
