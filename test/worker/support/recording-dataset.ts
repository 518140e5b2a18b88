/**
 * A stand-in for a dataset of Analytics Engine: it records data points and refuses what the documented limits refuse.
 * The local binding of workerd accepts everything and keeps nothing.
 */

export interface RecordingDataset extends AnalyticsEngineDataset {
  points: Required<AnalyticsEngineDataPoint>[];
}

/** The limits of "Workers Analytics Engine, Limits" in Cloudflare's documentation. */
const MAX_COLUMNS = 20;
const MAX_BLOB_BYTES = 16 * 1024;
const MAX_INDEX_BYTES = 96;

const bytesOf = (value: string | ArrayBuffer | null) =>
  typeof value === 'string' ? new TextEncoder().encode(value).byteLength : (value?.byteLength ?? 0);

function refuse(sentence: string): never {
  throw new TypeError(`the data point has ${sentence}`);
}

/** An empty dataset. */
export function recordingDataset(): RecordingDataset {
  const points: RecordingDataset['points'] = [];
  const writeDataPoint = ({ indexes = [], blobs = [], doubles = [] }: AnalyticsEngineDataPoint = {}) => {
    if (indexes.length > 1) refuse('more than one index');
    if (indexes.some((index) => bytesOf(index) > MAX_INDEX_BYTES)) refuse('a long index');
    if (blobs.length > MAX_COLUMNS || doubles.length > MAX_COLUMNS) refuse('more than 20 blobs or doubles');
    if (blobs.reduce<number>((sum, blob) => sum + bytesOf(blob), 0) > MAX_BLOB_BYTES) refuse('long blobs');
    if (!doubles.every(Number.isFinite)) refuse('a double that is no number');
    points.push({ indexes, blobs, doubles });
  };
  return { points, writeDataPoint };
}
