import { useMemo, useState } from 'preact/hooks';
import { usePages } from '../api/pages';
import { type Bucket, createBucket, deleteBucket, listBuckets } from '../api/s3';
import { ago, dateTime } from '../format';
import { go, href } from '../route';
import { Button, Command, Confirm, Empty, Field, FormDialog, PageHead, Problem, Search } from '../ui/basics';
import { useShortcut } from '../ui/keys';
import { say } from '../ui/toast';
import { Table } from '../ui/table';

function CreateBucket({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  return (
    <FormDialog
      title="Create a bucket"
      verb="Create"
      onClose={onClose}
      submit={async () => {
        await createBucket(name);
        go(href('buckets', name));
      }}
    >
      <Field label="Name" hint="3 to 63 small letters, digits and hyphens.">
        <input class="mono" required value={name} onInput={(event) => setName(event.currentTarget.value)} spellcheck={false} />
      </Field>
    </FormDialog>
  );
}

export function BucketsPage() {
  const list = usePages('buckets', listBuckets);
  const [filter, setFilter] = useState('');
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Bucket | null>(null);
  useShortcut('r', 'Refresh', list.reload);
  useShortcut('n', 'Create a bucket', () => setCreating(true));
  const rows = useMemo(() => list.items.filter((b) => b.name.includes(filter.toLowerCase())), [list.items, filter]);
  return (
    <div class="page full">
      <PageHead title="Buckets">
        <Search label="Filter buckets" placeholder="Name" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
        <Button kind="main" icon="plus" onClick={() => setCreating(true)}>Create</Button>
      </PageHead>
      {list.error && <Problem error={list.error} what="the buckets" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Buckets"
          noun="bucket"
          rows={rows}
          rowKey={(b) => b.name}
          rowHref={(b) => href('buckets', b.name)}
          onDelete={setDeleting}
          loading={list.loading}
          empty={
            filter ? (
              <Empty title="No bucket matches" icon="search"><Button onClick={() => setFilter('')}>Show all</Button></Empty>
            ) : (
              <Empty title="No buckets yet" icon="bucket">
                <p>Buckets hold models, data and results. Create one here, or with any S3 client:</p>
                <Command text="aws s3 mb s3://my-data" />
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 3fr)', cell: (b) => b.name, sort: (b) => b.name },
            { title: 'Created', width: '180px', cell: (b) => <span class="number">{dateTime(b.created)}</span>, sort: (b) => b.created.getTime() },
            { title: '', width: '110px', minor: true, cell: (b) => <span class="faint">{ago(b.created)}</span> },
            { title: '', width: '52px', right: true, cell: (b) => <Button kind="plain" icon="trash" tabIndex={-1} aria-label={`Delete ${b.name}`} onClick={() => setDeleting(b)} /> },
          ]}
        />
      )}
      {creating && <CreateBucket onClose={() => setCreating(false)} />}
      {deleting && (
        <Confirm
          title={`Delete ${deleting.name}?`}
          verb="Delete the bucket"
          onClose={() => setDeleting(null)}
          run={async () => {
            await deleteBucket(deleting.name);
            say(`${deleting.name} is deleted.`);
            list.reload();
          }}
        >
          <p>Only an empty bucket can be deleted.</p>
        </Confirm>
      )}
    </div>
  );
}
