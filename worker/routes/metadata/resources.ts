/** The two resources of metadata: everything about a source, and its title, duration and thumbnail alone. */
import type { Ctx } from '../../context.ts';
import { BasicMetadataRequest, MetadataRequest } from '../../contract/api/metadata/request.ts';
import { BasicMetadataView, MetadataView } from '../../contract/api/metadata/view.ts';
import type { MetadataKind } from '../../contract/job.ts';
import type { MetadataDetails } from '../../jobs/metadata/get-metadata.ts';
import { toBasicMetadataView, toMetadataView } from '../../views/metadata-view.ts';

/** What differs between them. */
export interface Resource {
  path: '/metadata' | '/metadata/basic';
  kind: MetadataKind;
  subject: string;
  /** What the answer contains. */
  contents: string;
  body: typeof MetadataRequest | typeof BasicMetadataRequest;
  view: typeof MetadataView | typeof BasicMetadataView;
  toView: (ctx: Ctx, details: MetadataDetails) => MetadataView | BasicMetadataView;
}

/** Both resources. */
export const RESOURCES: readonly Resource[] = [
  {
    path: '/metadata',
    kind: 'metadata',
    subject: 'the metadata of a source',
    contents: 'Title, duration, thumbnail, uploader, chapters and formats, and an estimate of the import.',
    body: MetadataRequest,
    view: MetadataView,
    toView: ({ config }, details) => toMetadataView(config, details),
  },
  {
    path: '/metadata/basic',
    kind: 'basic_metadata',
    subject: 'the basic metadata of a source',
    contents: 'Title, duration and thumbnail. Faster than all metadata.',
    body: BasicMetadataRequest,
    view: BasicMetadataView,
    toView: (_ctx, details) => toBasicMetadataView(details),
  },
];
