import { createStore } from '../store';
import { apiPath, errorFrom, send, tokenHeaders } from './call';
import { objectPath } from './s3';
import { parseXml, textOf } from './xml';

// Files go up from disk piece by piece: one PUT up to a part's size, above it a multipart upload with
// a few parts at a time. The browser streams a slice of a File; nothing is whole in memory.

export interface Upload {
  id: number;
  bucket: string;
  key: string;
  size: number;
  sent: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  error: string;
}

const kPart = 16 * 1024 * 1024;
const kMostParts = 10_000;
const kPartsAtOnce = 3;
const kFilesAtOnce = 3;

export const uploads = createStore<readonly Upload[]>([]);
/** Grows when an upload has ended well, for lists to look again. */
export const uploadsDone = createStore(0);

interface Job {
  upload: Upload;
  file: File;
  stop: AbortController;
}

const jobs = new Map<number, Job>();
const waiting: Job[] = [];
let last = 0;
let running = 0;

function change(id: number, by: Partial<Upload>): void {
  uploads.set(uploads.get().map((u) => (u.id === id ? { ...u, ...by } : u)));
}

/** fetch tells nothing of how much was sent; XMLHttpRequest does. The answer's ETag. */
function put(path: string, body: Blob, type: string, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', apiPath('s3', path));
    for (const [name, value] of Object.entries(tokenHeaders())) request.setRequestHeader(name, value);
    request.setRequestHeader('Content-Type', type);
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve(request.getResponseHeader('etag') ?? '');
      reject(errorFrom(request.status, request.responseText, (name) => request.getResponseHeader(name)));
    };
    request.onerror = () => reject(new Error('The connection broke off.'));
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    if (signal.aborted) return reject(new DOMException('stopped', 'AbortError'));
    request.send(body);
  });
}

async function inParts({ upload, file, stop }: Job): Promise<void> {
  const type = file.type || 'application/octet-stream';
  const size = Math.max(kPart, Math.ceil(file.size / kMostParts));
  const count = Math.ceil(file.size / size);
  const begun = await send('s3', objectPath(upload.bucket, upload.key, { uploads: '' }), { method: 'POST', headers: { 'Content-Type': type } });
  const uploadId = textOf(parseXml(await begun.text()), 'UploadId');
  const sent = new Array<number>(count).fill(0);
  const tags = new Array<string>(count);
  let next = 0;
  const tell = () => change(upload.id, { sent: sent.reduce((a, b) => a + b, 0) });
  const work = async () => {
    while (next < count) {
      const i = next;
      next += 1;
      const piece = file.slice(i * size, Math.min(file.size, (i + 1) * size));
      const path = objectPath(upload.bucket, upload.key, { partNumber: `${i + 1}`, uploadId });
      tags[i] = await put(path, piece, 'application/octet-stream', (bytes) => { sent[i] = bytes; tell(); }, stop.signal);
      sent[i] = piece.size;
      tell();
    }
  };
  try {
    await Promise.all(Array.from({ length: kPartsAtOnce }, work));
    const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join('');
    const done = await send('s3', objectPath(upload.bucket, upload.key, { uploadId }), {
      method: 'POST',
      headers: { 'Content-Type': 'application/xml' },
      body: `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts}</CompleteMultipartUpload>`,
    });
    // An error may come with status 200, when the answer had begun before it was known.
    const body = await done.text();
    if (body.includes('<Error>')) throw errorFrom(500, body.slice(body.indexOf('<Error>')), () => null);
  } catch (error) {
    stop.abort();
    await send('s3', objectPath(upload.bucket, upload.key, { uploadId }), { method: 'DELETE' }).catch(() => {});
    throw error;
  }
}

async function run(job: Job): Promise<void> {
  const { upload, file, stop } = job;
  change(upload.id, { state: 'running' });
  try {
    if (file.size > kPart) {
      await inParts(job);
    } else {
      await put(objectPath(upload.bucket, upload.key), file, file.type || 'application/octet-stream', (sent) => change(upload.id, { sent }), stop.signal);
    }
    change(upload.id, { state: 'done', sent: file.size });
    uploadsDone.set(uploadsDone.get() + 1);
  } catch (error) {
    const stopped = (error as Error).name === 'AbortError';
    change(upload.id, { state: stopped ? 'stopped' : 'failed', error: stopped ? '' : (error as Error).message });
  }
  jobs.delete(upload.id);
}

function startNext(): void {
  while (running < kFilesAtOnce && waiting.length > 0) {
    const job = waiting.shift()!;
    running += 1;
    void run(job).finally(() => {
      running -= 1;
      startNext();
    });
  }
}

export function startUpload(bucket: string, key: string, file: File): void {
  last += 1;
  const upload: Upload = { id: last, bucket, key, size: file.size, sent: 0, state: 'waiting', error: '' };
  const job: Job = { upload, file, stop: new AbortController() };
  uploads.set([...uploads.get(), upload]);
  jobs.set(upload.id, job);
  waiting.push(job);
  startNext();
}

export function stopUpload(id: number): void {
  const job = jobs.get(id);
  if (!job) return;
  job.stop.abort();
  const place = waiting.indexOf(job);
  if (place >= 0) {
    waiting.splice(place, 1);
    jobs.delete(id);
    change(id, { state: 'stopped' });
  }
}

export function clearUploads(): void {
  uploads.set(uploads.get().filter((u) => u.state === 'running' || u.state === 'waiting'));
}

// Leaving would break them off.
addEventListener('beforeunload', (event) => {
  if (running > 0) event.preventDefault();
});

/** The files of a drop, those in folders too, with their paths. */
export async function droppedFiles(data: DataTransfer): Promise<{ path: string; file: File }[]> {
  const found: { path: string; file: File }[] = [];
  const walk = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: path + entry.name, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const child of some) await walk(child, `${path}${entry.name}/`);
    }
  };
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (entries.length === 0) return [...data.files].map((file) => ({ path: file.name, file }));
  for (const entry of entries) await walk(entry!, '');
  return found;
}
