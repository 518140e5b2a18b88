/** Finds the S3 operation of a request, and the permissions that it requires. */
import type { Action } from '../signing/account.ts';
import type { Address } from './address.ts';
import type { Operation } from './request-record.ts';
import type { WireRequest } from './wire-request.ts';

const ACTIONS: Record<Operation, Action | null> = {
  PutObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  DeleteObject: 's3:DeleteObject',
  HeadBucket: 's3:ListBucket',
  Preflight: null,
  Unknown: null,
};

/** Query names that select an operation. All others are parameters. */
const SUB_RESOURCES = [
  'acl',
  'tagging',
  'lifecycle',
  'policy',
  'attributes',
  'torrent',
  'restore',
  'retention',
  'legal-hold',
  'select',
  'append',
];

function objectOperation(method: string, query: ReadonlyMap<string, string>): Operation {
  const isPart = query.has('uploadId');
  if (method === 'PUT')
    return isPart && query.has('partNumber') ? 'UploadPart' : isPart ? 'Unknown' : 'PutObject';
  if (method === 'POST')
    return query.has('uploads') ? 'CreateMultipartUpload' : isPart ? 'CompleteMultipartUpload' : 'Unknown';
  if (method === 'DELETE') return isPart ? 'AbortMultipartUpload' : 'DeleteObject';
  if (isPart) return 'Unknown';
  return method === 'GET' ? 'GetObject' : method === 'HEAD' ? 'HeadObject' : 'Unknown';
}

/** Names the operation by method, key and query. */
export function readOperation(request: WireRequest, address: Address): Operation {
  if (request.method === 'OPTIONS') return 'Preflight';
  if (SUB_RESOURCES.some((name) => request.query.has(name))) return 'Unknown';
  if (address.key === '') return request.method === 'HEAD' ? 'HeadBucket' : 'Unknown';
  return objectOperation(request.method, request.query);
}

/** The IAM actions that it requires. ACL and tags of a new object require their own. */
export function neededActions(operation: Operation, headers: ReadonlyMap<string, string>): Action[] {
  const action = ACTIONS[operation];
  const actions = action ? [action] : [];
  const isNewObject = operation === 'PutObject' || operation === 'CreateMultipartUpload';
  if (isNewObject && headers.has('x-amz-acl')) actions.push('s3:PutObjectAcl');
  if (isNewObject && headers.has('x-amz-tagging')) actions.push('s3:PutObjectTagging');
  return actions;
}
