import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLoaded } from '../api/pages';
import { deleteObjects, headObject, type ObjectFacts, objectUrl, readStart } from '../api/s3';
import { ago, bytes, dateTime } from '../format';
import { go, href, routeQuery } from '../route';
import { Breakable, Button, Card, Confirm, Copy, Facts, PageHead, Problem, Spinner } from '../ui/basics';
import { Icon } from '../ui/icons';
import { useShortcut } from '../ui/keys';
import { say } from '../ui/toast';
import { ObjectVersions } from './object_versions';

const kPictures = /\.(png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i;
const kMostText = 256 * 1024;
const kMostPicture = 64 * 1024 * 1024;

/** As text, or null where the bytes are no UTF-8 (a last character may be cut). */
function asText(data: Uint8Array, cut: boolean): string | null {
  if (data.subarray(0, 4096).includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data, { stream: cut });
  } catch {
    return null;
  }
}

function hexDump(data: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(data.length, 512); at += 16) {
    const row = [...data.subarray(at, at + 16)];
    const hex = row.map((b) => b.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${row.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '·')).join('')}`);
  }
  return lines.join('\n');
}

function TextPreview({ bucket, name, version, facts }: { bucket: string; name: string; version: string; facts: ObjectFacts }) {
  const start = useLoaded(`start/${bucket}/${name}/${version}`, (signal) => readStart(bucket, name, version, kMostText, signal));
  if (facts.size === 0) return <p class="faint">The object is empty.</p>;
  if (start.error) return <Problem error={start.error} what="the object" retry={start.reload} />;
  if (!start.value) return <Spinner />;
  const cut = facts.size > start.value.length;
  const text = asText(start.value, cut);
  if (text === null) {
    return (
      <>
        <p class="hint">Not a text; its first bytes:</p>
        <pre class="code">{hexDump(start.value)}</pre>
      </>
    );
  }
  let pretty = text;
  if (!cut && (/json/.test(facts.type) || /\.json$/i.test(name))) {
    try {
      pretty = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      pretty = text;
    }
  }
  return (
    <>
      <pre class="code tall" tabIndex={0} aria-label="Content">{pretty}</pre>
      {cut && <p class="hint">The first {bytes(start.value.length)} of {bytes(facts.size)}.</p>}
    </>
  );
}

function Preview(props: { bucket: string; name: string; version: string; facts: ObjectFacts }) {
  const { facts, name, bucket, version } = props;
  const [broken, setBroken] = useState(false);
  const url = objectUrl(bucket, name, version);
  const picture = /^image\//.test(facts.type) || kPictures.test(name);
  if (picture && !broken && facts.size <= kMostPicture) {
    return <div class="picture"><img src={url} alt={name} onError={() => setBroken(true)} /></div>;
  }
  return <TextPreview {...props} />;
}

export function ObjectPage({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const version = routeQuery().get('version') ?? '';
  const facts = useLoaded(`object/${bucket}/${objectKey}/${version}`, (signal) => headObject(bucket, objectKey, version, signal));
  const [deleting, setDeleting] = useState(false);
  const parts = objectKey.split('/');
  const file = parts.pop()!;
  const folder = href('buckets', bucket, ...parts, ...(parts.length > 0 ? [''] : []));
  const url = objectUrl(bucket, objectKey, version);
  useShortcut('d', 'Download', () => document.querySelector<HTMLAnchorElement>('a[data-download]')?.click());
  const f = facts.value;
  const address = `s3://${bucket}/${objectKey}`;
  return (
    <div class="page">
      <PageHead
        title={file || objectKey}
        trail={[
          { label: 'Buckets', href: href('buckets') },
          { label: bucket, href: href('buckets', bucket) },
          ...parts.map((part, i) => ({ label: part || '/', href: href('buckets', bucket, ...parts.slice(0, i + 1), '') })),
        ]}
      >
        {f && (
          <>
            <a class="button main" data-download href={url} download={file} title="Download (d)"><Icon name="download" /><span>Download</span></a>
            <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
          </>
        )}
      </PageHead>
      {facts.error && <Problem error={facts.error.message ? facts.error : new Error('The object is not there.')} what="this object" retry={facts.reload} />}
      {!f && !facts.error && <Spinner />}
      {f && (
        <div class="columns wide-left">
          <Card title="Preview"><Preview bucket={bucket} name={objectKey} version={version} facts={f} /></Card>
          <div class="stack">
            <Card title="Facts">
              <Facts
                facts={[
                  ['Address', <span class="mono wrap"><Breakable text={address} /> <Copy text={address} /></span>],
                  ['Size', <span>{bytes(f.size)} <span class="faint number">({f.size.toLocaleString('en-US')} bytes)</span></span>],
                  ['Type', <span class="mono">{f.type || '–'}</span>],
                  ['Modified', <span>{dateTime(f.modified)} <span class="faint">{ago(f.modified)}</span></span>],
                  ['ETag', <span class="mono wrap">{f.etag}</span>],
                  ...f.headers.map(([name, value]): [string, ComponentChildren] => [name.replace('x-amz-meta-', 'Metadata ').replace('x-amz-checksum-', 'Checksum '), <span class="mono wrap">{value}</span>]),
                ]}
              />
            </Card>
            <ObjectVersions bucket={bucket} name={objectKey} version={version} />
          </div>
        </div>
      )}
      {deleting && (
        <Confirm
          title={`Delete ${file}?`}
          verb="Delete"
          onClose={() => setDeleting(false)}
          run={async () => {
            await deleteObjects(bucket, [{ key: objectKey, folder: false, size: 0, modified: null, etag: '', ...(version ? { version } : {}) }]);
            say(`${file} is deleted.`);
            go(folder);
          }}
        >
          <p class="mono wrap">{address}</p>
        </Confirm>
      )}
    </div>
  );
}
