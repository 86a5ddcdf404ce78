import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLoaded, usePages } from '../api/pages';
import { deleteObjects, type Entry, keysBelow, listObjects, listVersions, objectUrl, setVersioning, versioningOf } from '../api/s3';
import { clearUploads, droppedFiles, startUpload, stopUpload, uploads, uploadsDone } from '../api/upload';
import { ago, bytes, count, dateTime } from '../format';
import { href } from '../route';
import { useStore } from '../store';
import { Button, Confirm, Empty, PageHead, Problem, Search } from '../ui/basics';
import { Icon } from '../ui/icons';
import { useShortcut } from '../ui/keys';
import { say, sayError } from '../ui/toast';
import { Table } from '../ui/table';

function Uploads() {
  const all = useStore(uploads);
  if (all.length === 0) return null;
  const going = all.filter((u) => u.state === 'running' || u.state === 'waiting');
  const total = all.reduce((sum, u) => sum + u.size, 0);
  const sent = all.reduce((sum, u) => sum + u.sent, 0);
  return (
    <section class="uploads" aria-label="Uploads" aria-live="polite">
      <div class="card-head">
        <h2>{going.length > 0 ? `Uploading ${count(going.length, 'file')}, ${bytes(sent)} of ${bytes(total)}` : 'Uploads'}</h2>
        {going.length === 0 && <Button kind="plain" onClick={clearUploads}>Close</Button>}
      </div>
      <ul>
        {all.slice(-200).map((u) => (
          <li key={u.id} class={u.state}>
            <span class="upload-name" title={u.key}>{u.key}</span>
            <span class="upload-state">
              {u.state === 'running' && `${bytes(u.sent)} of ${bytes(u.size)}`}
              {u.state === 'waiting' && 'waits'}
              {u.state === 'done' && bytes(u.size)}
              {u.state === 'stopped' && 'stopped'}
              {u.state === 'failed' && u.error}
            </span>
            {(u.state === 'running' || u.state === 'waiting') && (
              <>
                <progress max={u.size || 1} value={u.sent} aria-label={`${u.key}, progress`} />
                <Button kind="plain" icon="close" aria-label={`Stop ${u.key}`} onClick={() => stopUpload(u.id)} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const rowKey = (e: Entry) => (e.version ? `${e.key}\n${e.version}` : e.key);

export function BucketPage({ bucket, prefix }: { bucket: string; prefix: string }) {
  const [versions, setVersions] = useState(false);
  const list = usePages(`objects/${bucket}/${prefix}/${versions}`, (token, signal) =>
    versions ? listVersions(bucket, prefix, token, signal) : listObjects(bucket, prefix, token, signal),
  );
  const versioning = useLoaded(`versioning/${bucket}`, (signal) => versioningOf(bucket, signal));
  const done = useStore(uploadsDone);
  const [filter, setFilter] = useState('');
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const [over, setOver] = useState(0);
  const chooser = useRef<HTMLInputElement>(null);
  useShortcut('r', 'Refresh', list.reload);
  useShortcut('u', 'Upload files', () => chooser.current?.click());
  useEffect(() => {
    if (done > 0) list.reload();
  }, [done]);
  useEffect(() => {
    setSelected(new Set());
    setFilter('');
  }, [bucket, prefix, versions]);

  const rows = useMemo(() => {
    const text = filter.toLowerCase();
    return text ? list.items.filter((e) => e.key.slice(prefix.length).toLowerCase().includes(text)) : list.items;
  }, [list.items, filter, prefix]);

  const take = (files: { path: string; file: File }[]) => {
    for (const { path, file } of files) startUpload(bucket, prefix + path, file);
  };

  const parts = prefix.split('/').slice(0, -1);
  const title = parts.at(-1) ?? bucket;
  const trail = [
    { label: 'Buckets', href: href('buckets') },
    ...(parts.length > 0 ? [{ label: bucket, href: href('buckets', bucket) }] : []),
    ...parts.slice(0, -1).map((part, i) => ({ label: part || '/', href: href('buckets', bucket, ...parts.slice(0, i + 1), '') })),
  ];
  const chosen = list.items.filter((e) => selected.has(rowKey(e)));
  const open = (e: Entry) =>
    e.folder ? href('buckets', bucket, ...e.key.split('/')) : href('object', bucket, e.key) + (e.version ? `?version=${encodeURIComponent(e.version)}` : '');

  return (
    <div
      class={`page full ${over > 0 ? 'dropping' : ''}`}
      onDragEnter={(event) => { event.preventDefault(); setOver((n) => n + 1); }}
      onDragOver={(event) => event.preventDefault()}
      onDragLeave={() => setOver((n) => Math.max(0, n - 1))}
      onDrop={(event) => {
        event.preventDefault();
        setOver(0);
        if (event.dataTransfer) droppedFiles(event.dataTransfer).then(take, sayError);
      }}
    >
      <PageHead title={title || '/'} trail={trail}>
        <Search label="Filter objects" placeholder="Name" value={filter} onInput={setFilter} />
        {versioning.value !== null && (
          <label class="switch">
            <input type="checkbox" checked={versions} onChange={(event) => setVersions(event.currentTarget.checked)} />
            <span>Versions</span>
          </label>
        )}
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
        <Button icon="trash" disabled={chosen.length === 0} onClick={() => setDeleting(true)}>Delete</Button>
        <Button kind="main" icon="upload" title="Upload files (u)" onClick={() => chooser.current?.click()}>Upload</Button>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            take([...(event.currentTarget.files ?? [])].map((file) => ({ path: file.name, file })));
            event.currentTarget.value = '';
          }}
        />
      </PageHead>
      {versions && versioning.value !== 'Enabled' && (
        <p class="form-notice">
          This bucket keeps no versions{versioning.value ? ' any more' : ''}.{' '}
          <button type="button" class="link" onClick={() => setVersioning(bucket, true).then(() => { say('From now on every version is kept.'); versioning.reload(); }, sayError)}>Keep them from now on</button>
        </p>
      )}
      {list.error && <Problem error={list.error} what="the objects" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label={`Objects in ${bucket}/${prefix}`}
          noun={versions ? 'version' : 'object'}
          rows={rows}
          rowKey={rowKey}
          rowHref={open}
          selected={selected}
          onSelect={setSelected}
          onDelete={(e) => {
            if (!selected.has(rowKey(e))) setSelected(new Set([rowKey(e)]));
            setDeleting(true);
          }}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="Nothing matches" icon="search"><Button onClick={() => setFilter('')}>Show all</Button></Empty>
            ) : (
              <Empty title={prefix ? 'Nothing is below this prefix' : 'The bucket is empty'} icon="upload">
                <p>Drop files or folders anywhere on this page, or</p>
                <Button icon="upload" onClick={() => chooser.current?.click()}>Choose files…</Button>
              </Empty>
            )
          }
          columns={[
            {
              title: 'Name',
              width: 'minmax(0, 3fr)',
              cell: (e) => (
                <span class={`object-name ${e.deleteMarker ? 'struck' : ''}`}>
                  <Icon name={e.folder ? 'folder' : 'file'} />
                  <span>{e.key.slice(prefix.length) || e.key}</span>
                </span>
              ),
              sort: (e) => (e.folder ? '0' : '1') + e.key,
            },
            ...(versions
              ? [{ title: 'Version', width: 'minmax(90px, 1.4fr)', cell: (e: Entry) => <span class="mono faint">{e.latest && 'latest ·\u00a0'}{e.folder ? '' : e.deleteMarker ? 'deleted' : e.version === 'null' ? '–' : e.version}</span> }]
              : []),
            { title: 'Size', width: '96px', right: true, cell: (e) => (e.folder || e.deleteMarker ? '' : <span class="number">{bytes(e.size)}</span>), sort: (e) => e.size },
            { title: 'Modified', width: '120px', minor: true, cell: (e) => (e.modified ? <span title={dateTime(e.modified)}>{ago(e.modified)}</span> : ''), sort: (e) => e.modified?.getTime() ?? 0 },
            {
              title: '',
              width: '52px',
              right: true,
              minor: true,
              cell: (e) => !e.folder && !e.deleteMarker && (
                <a class="button plain square" href={objectUrl(bucket, e.key, e.version)} download={e.key.split('/').pop()} tabIndex={-1} aria-label={`Download ${e.key}`} title="Download">
                  <Icon name="download" />
                </a>
              ),
            },
          ]}
        />
      )}
      <Uploads />
      {over > 0 && <div class="drop-veil" aria-hidden="true"><Icon name="upload" />Drop to upload to {bucket}/{prefix}</div>}
      {deleting && (
        <Confirm
          title={`Delete ${count(chosen.length, 'entry', 'entries')}?`}
          verb="Delete"
          onClose={() => setDeleting(false)}
          run={async () => {
            const plain = chosen.filter((e) => !e.folder);
            for (const folder of chosen.filter((e) => e.folder)) plain.push(...(await keysBelow(bucket, folder.key)));
            await deleteObjects(bucket, plain);
            say(`${count(plain.length, 'object')} deleted.`);
            setSelected(new Set());
            list.reload();
          }}
        >
          <p>
            {chosen.slice(0, 5).map((e) => e.key).join(', ')}
            {chosen.length > 5 && ` and ${chosen.length - 5} more`}
          </p>
          {chosen.some((e) => e.folder) && <p>Of a folder, everything below it.</p>}
        </Confirm>
      )}
    </div>
  );
}
