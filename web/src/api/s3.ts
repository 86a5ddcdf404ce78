import { apiPath, send } from './call';
import type { Page } from './pages';
import { all, children, escapeXml, parseXml, textOf } from './xml';

export interface Bucket {
  name: string;
  created: Date;
}

/** A row of a listing: an object, a version of one, or a folder (a common prefix). */
export interface Entry {
  key: string;
  folder: boolean;
  size: number;
  modified: Date | null;
  etag: string;
  version?: string;
  latest?: boolean;
  deleteMarker?: boolean;
}

/** The path of an object for links and calls. */
export function objectPath(bucket: string, key: string, query: Record<string, string> = {}): string {
  const path = `/${encodeURIComponent(bucket)}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const text = new URLSearchParams(query).toString().replace(/\+/g, '%20');
  return text ? `${path}?${text}` : path;
}

export function objectUrl(bucket: string, key: string, version?: string): string {
  return apiPath('s3', objectPath(bucket, key, version ? { versionId: version } : {}));
}

async function xml(path: string, init: RequestInit = {}): Promise<Element> {
  return parseXml(await (await send('s3', path, init)).text());
}

export async function listBuckets(_token?: string, signal?: AbortSignal): Promise<Page<Bucket>> {
  const root = await xml('/', { signal: signal ?? null });
  return { items: all(root, 'Bucket').map((b) => ({ name: textOf(b, 'Name'), created: new Date(textOf(b, 'CreationDate')) })) };
}

export function createBucket(name: string): Promise<unknown> {
  return send('s3', `/${encodeURIComponent(name)}`, { method: 'PUT' });
}

export function deleteBucket(name: string): Promise<unknown> {
  return send('s3', `/${encodeURIComponent(name)}`, { method: 'DELETE' });
}

function decoded(element: Element, name: string): string {
  return decodeURIComponent(textOf(element, name).replace(/\+/g, '%20'));
}

function folders(root: Element): Entry[] {
  return children(root, 'CommonPrefixes').map((p) => ({ key: decoded(p, 'Prefix'), folder: true, size: 0, modified: null, etag: '' }));
}

function entry(element: Element): Entry {
  return {
    key: decoded(element, 'Key'),
    folder: false,
    size: Number(textOf(element, 'Size') || 0),
    modified: new Date(textOf(element, 'LastModified')),
    etag: textOf(element, 'ETag').replace(/"/g, ''),
  };
}

export async function listObjects(bucket: string, prefix: string, token?: string, signal?: AbortSignal): Promise<Page<Entry>> {
  const query = new URLSearchParams({ 'list-type': '2', prefix, delimiter: '/', 'encoding-type': 'url', 'max-keys': '1000' });
  if (token) query.set('continuation-token', token);
  const root = await xml(`/${encodeURIComponent(bucket)}?${query}`, { signal: signal ?? null });
  return {
    items: [...folders(root), ...children(root, 'Contents').map(entry).filter((e) => e.key !== prefix)],
    next: textOf(root, 'NextContinuationToken') || undefined,
  };
}

/** `token` is the markers' query. */
export async function listVersions(bucket: string, prefix: string, token?: string, signal?: AbortSignal): Promise<Page<Entry>> {
  const query = new URLSearchParams(token ?? '');
  query.set('prefix', prefix);
  query.set('delimiter', '/');
  query.set('encoding-type', 'url');
  const root = await xml(`/${encodeURIComponent(bucket)}?versions&${query}`, { signal: signal ?? null });
  const versions = [...root.children]
    .filter((child) => child.localName === 'Version' || child.localName === 'DeleteMarker')
    .map((child) => ({
      ...entry(child),
      version: textOf(child, 'VersionId'),
      latest: textOf(child, 'IsLatest') === 'true',
      deleteMarker: child.localName === 'DeleteMarker',
    }))
    // The answer has versions first, then delete markers; people look for what belongs to one key.
    .sort((a, b) =>
      a.key < b.key ? -1 : a.key > b.key ? 1 : Number(b.latest) - Number(a.latest) || (b.modified?.getTime() ?? 0) - (a.modified?.getTime() ?? 0));
  const next = new URLSearchParams();
  if (textOf(root, 'IsTruncated') === 'true') {
    next.set('key-marker', decoded(root, 'NextKeyMarker'));
    if (textOf(root, 'NextVersionIdMarker')) next.set('version-id-marker', textOf(root, 'NextVersionIdMarker'));
  }
  return { items: [...folders(root), ...versions], next: next.toString() || undefined };
}

export interface ObjectFacts {
  size: number;
  type: string;
  modified: Date;
  etag: string;
  version: string;
  headers: [string, string][];
}

export async function headObject(bucket: string, key: string, version: string, signal?: AbortSignal): Promise<ObjectFacts> {
  const answer = await send('s3', objectPath(bucket, key, version ? { versionId: version } : {}), { method: 'HEAD', signal: signal ?? null });
  const get = (name: string) => answer.headers.get(name) ?? '';
  return {
    size: Number(get('content-length')),
    type: get('content-type'),
    modified: new Date(get('last-modified')),
    etag: get('etag').replace(/"/g, ''),
    version: get('x-amz-version-id'),
    headers: [...answer.headers].filter(([name]) => name.startsWith('x-amz-meta-') || name.startsWith('x-amz-checksum-') || name === 'content-encoding'),
  };
}

/** The first bytes of an object, as text where they are UTF-8. */
export async function readStart(bucket: string, key: string, version: string, most: number, signal?: AbortSignal): Promise<Uint8Array> {
  const answer = await send('s3', objectPath(bucket, key, version ? { versionId: version } : {}), {
    headers: { Range: `bytes=0-${most - 1}` },
    signal: signal ?? null,
  });
  return new Uint8Array(await answer.arrayBuffer());
}

async function checksumOf(body: string): Promise<Record<string, string>> {
  // S3 asks for a checksum of what is to be deleted.
  const hash = crypto.subtle ? await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)) : null;
  return hash ? { 'x-amz-checksum-sha256': btoa(String.fromCharCode(...new Uint8Array(hash))) } : {};
}

/** Deletes up to 1,000 a call; throws with the first that could not be deleted. */
export async function deleteObjects(bucket: string, entries: Entry[]): Promise<void> {
  for (let i = 0; i < entries.length; i += 1000) {
    const objects = entries.slice(i, i + 1000).map((e) => `<Object><Key>${escapeXml(e.key)}</Key>${e.version ? `<VersionId>${escapeXml(e.version)}</VersionId>` : ''}</Object>`);
    const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join('')}</Delete>`;
    const root = await xml(`/${encodeURIComponent(bucket)}?delete`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/xml', ...(await checksumOf(body)) },
      body,
    });
    const errors = children(root, 'Error');
    if (errors.length > 0) {
      throw new Error(`${errors.length} could not be deleted. ${textOf(errors[0]!, 'Key')}: ${textOf(errors[0]!, 'Message')}`);
    }
  }
}

/** Every key below a prefix, for deleting a folder. */
export async function keysBelow(bucket: string, prefix: string): Promise<Entry[]> {
  const found: Entry[] = [];
  let token = '';
  do {
    const query = new URLSearchParams({ 'list-type': '2', prefix, 'encoding-type': 'url' });
    if (token) query.set('continuation-token', token);
    const root = await xml(`/${encodeURIComponent(bucket)}?${query}`);
    found.push(...children(root, 'Contents').map(entry));
    token = textOf(root, 'NextContinuationToken');
  } while (token);
  return found;
}

export async function versioningOf(bucket: string, signal?: AbortSignal): Promise<string> {
  const root = await xml(`/${encodeURIComponent(bucket)}?versioning`, { signal: signal ?? null });
  return textOf(root, 'Status');
}

export async function setVersioning(bucket: string, on: boolean): Promise<void> {
  await send('s3', `/${encodeURIComponent(bucket)}?versioning`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/xml' },
    body: `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${on ? 'Enabled' : 'Suspended'}</Status></VersioningConfiguration>`,
  });
}
