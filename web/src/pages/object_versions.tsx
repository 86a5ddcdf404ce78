import { useLoaded } from '../api/pages';
import { listVersions, objectUrl } from '../api/s3';
import { ago, bytes, dateTime } from '../format';
import { href } from '../route';
import { Card } from '../ui/basics';

/** The versions of an object, where its bucket keeps them; `version` is the one that is shown, '' the latest. */
export function ObjectVersions({ bucket, name, version = '', title = 'Versions' }: { bucket: string; name: string; version?: string; title?: string }) {
  const list = useLoaded(`versions/${bucket}/${name}`, (signal) => listVersions(bucket, name, undefined, signal));
  const own = list.value?.items.filter((e) => e.key === name && !e.folder) ?? [];
  if (list.error || own.length === 0 || (own.length === 1 && own[0]!.version === 'null')) return null;
  return (
    <Card title={title}>
      <table class="small-table">
        <thead><tr><th>Version</th><th class="right">Size</th><th>Modified</th><th /></tr></thead>
        <tbody>
          {own.map((e) => (
            <tr key={e.version} class={e.version === version || (!version && e.latest) ? 'current' : ''}>
              <td class="mono cut" title={e.version ?? ''}>
                {e.latest && 'latest ·\u00a0'}
                {e.deleteMarker ? 'deleted' : <a href={`${href('object', bucket, name)}?version=${encodeURIComponent(e.version ?? '')}`}>{e.version}</a>}
              </td>
              <td class="right number">{e.deleteMarker ? '' : bytes(e.size)}</td>
              <td class="number" title={e.modified ? dateTime(e.modified) : ''}>{e.modified && ago(e.modified)}</td>
              <td class="right">{!e.deleteMarker && <a href={objectUrl(bucket, name, e.version)} download={name.split('/').pop()}>Download</a>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
