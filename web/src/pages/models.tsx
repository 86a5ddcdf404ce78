import { useMemo, useState } from 'preact/hooks';
import { useLoaded, usePages } from '../api/pages';
import { type Container, deleteModel, describeModel, listModels, usesOf } from '../api/sagemaker';
import { ago, dateTime } from '../format';
import { go, href } from '../route';
import { Breakable, Button, Card, Command, Confirm, Copy, Empty, Facts, PageHead, Problem, Search, Spinner } from '../ui/basics';
import { useShortcut } from '../ui/keys';
import { ObjectVersions } from './object_versions';
import { say } from '../ui/toast';
import { Table } from '../ui/table';

export function ModelsPage() {
  const list = usePages('models', listModels);
  const [filter, setFilter] = useState('');
  useShortcut('r', 'Refresh', list.reload);
  const rows = useMemo(() => list.items.filter((m) => m.ModelName.toLowerCase().includes(filter.toLowerCase())), [list.items, filter]);
  return (
    <div class="page full">
      <PageHead title="Models">
        <Search label="Filter models" placeholder="Name" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
      </PageHead>
      {list.error && <Problem error={list.error} what="the models" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Models"
          noun="model"
          rows={rows}
          rowKey={(m) => m.ModelName}
          rowHref={(m) => href('models', m.ModelName)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="No model matches" icon="search"><Button onClick={() => setFilter('')}>Show all</Button></Empty>
            ) : (
              <Empty title="No models yet" icon="model">
                <p>CreateModel makes one from a file in a bucket; this command does it all:</p>
                <Command text="gyre deploy my-model model.tar.gz" />
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 3fr)', cell: (m) => m.ModelName, sort: (m) => m.ModelName },
            { title: 'Created', width: '180px', cell: (m) => <span class="number">{dateTime(m.CreationTime * 1000)}</span>, sort: (m) => m.CreationTime },
            { title: '', width: '110px', minor: true, cell: (m) => <span class="faint">{ago(m.CreationTime * 1000)}</span> },
          ]}
        />
      )}
    </div>
  );
}

function DataUrl({ url }: { url: string }) {
  const found = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (!found) return <span class="mono wrap">{url}</span>;
  return <a class="mono wrap" href={href('object', found[1]!, found[2]!)}>{url}</a>;
}

/** The versions of the file that a container's model comes from. */
function DataVersions({ container, title }: { container: Container; title: string }) {
  const found = /^s3:\/\/([^/]+)\/(.+[^/])$/.exec(container.ModelDataUrl ?? '');
  return found && <ObjectVersions bucket={found[1]!} name={found[2]!} title={title} />;
}

/** Which variants of which endpoints run the model. */
function ServedBy({ model }: { model: string }) {
  const uses = useLoaded(`uses/${model}`, (signal) => usesOf(model, signal));
  if (uses.error) return <Problem error={uses.error} what="the endpoints" retry={uses.reload} />;
  if (!uses.value) return null;
  return (
    <Card title="Served by">
      {uses.value.length === 0 ? (
        <p class="faint">No endpoint serves it.</p>
      ) : (
        <table class="small-table">
          <thead><tr><th>Endpoint</th><th>Variant</th><th>Config</th><th class="right">Instances</th></tr></thead>
          <tbody>
            {uses.value.map((use) => (
              <tr key={`${use.endpoint}/${use.variant}`}>
                <td><a href={href('endpoints', use.endpoint)}>{use.endpoint}</a></td>
                <td>{use.variant}{use.shadow && <span class="faint"> (shadow)</span>}</td>
                <td class="mono cut">{use.config}</td>
                <td class="right number">{use.instances}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function ContainerCard({ container, title }: { container: Container; title: string }) {
  const environment = Object.entries(container.Environment ?? {});
  return (
    <Card title={title}>
      <Facts
        facts={[
          ...(container.ContainerHostname ? [['Hostname', container.ContainerHostname] as [string, string]] : []),
          ...(container.Mode === 'MultiModel' ? [['Mode', 'Many models, each loaded when it is asked for'] as [string, string]] : []),
          ['Image', <span class="mono wrap">{container.Image ?? '–'}</span>],
          ['Model data', container.ModelDataUrl ? <DataUrl url={container.ModelDataUrl} /> : '–'],
        ]}
      />
      <h3>Environment</h3>
      {environment.length === 0 ? (
        <p class="faint">No variable is set; the defaults hold.</p>
      ) : (
        <table class="small-table">
          <thead><tr><th>Variable</th><th>Value</th></tr></thead>
          <tbody>
            {environment.map(([name, value]) => (
              <tr key={name}><td class="mono">{name}</td><td class="mono wrap">{value}</td></tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

export function ModelPage({ name }: { name: string }) {
  const model = useLoaded(`model/${name}`, (signal) => describeModel(name, signal));
  const [deleting, setDeleting] = useState(false);
  const m = model.value;
  const containers = m?.PrimaryContainer ? [m.PrimaryContainer] : (m?.Containers ?? []);
  return (
    <div class="page">
      <PageHead title={name} trail={[{ label: 'Models', href: href('models') }]}>
        {m && <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>}
      </PageHead>
      {model.error && <Problem error={model.error} what="this model" retry={model.reload} />}
      {!m && !model.error && <Spinner />}
      {m && (
        <>
          <Card title="Facts">
            <Facts
              facts={[
                ['ARN', <span class="mono wrap"><Breakable text={m.ModelArn} /> <Copy text={m.ModelArn} /></span>],
                ['Execution role', <span class="mono wrap"><Breakable text={m.ExecutionRoleArn ?? '–'} /></span>],
                ['Created', dateTime(m.CreationTime * 1000)],
              ]}
            />
          </Card>
          <ServedBy model={name} />
          {containers.map((container, i) => (
            <ContainerCard key={i} container={container} title={containers.length > 1 ? `Container ${i + 1}` : 'Container'} />
          ))}
          {containers.map((container, i) => (
            <DataVersions key={i} container={container} title={containers.length > 1 ? `Versions of container ${i + 1}'s model data` : 'Versions of the model data'} />
          ))}
        </>
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          verb="Delete the model"
          onClose={() => setDeleting(false)}
          run={async () => {
            await deleteModel(name);
            say(`${name} is deleted.`);
            go(href('models'));
          }}
        >
          <p>Its data stays in the bucket. Endpoints that serve it go on, but cannot be started anew.</p>
        </Confirm>
      )}
    </div>
  );
}
