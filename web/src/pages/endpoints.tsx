import { useMemo, useState } from 'preact/hooks';
import { useRates } from '../api/metrics';
import { useInterval, usePages } from '../api/pages';
import { listEndpoints } from '../api/sagemaker';
import { ago, dateTime, number } from '../format';
import { href } from '../route';
import { Badge, Button, Command, Empty, PageHead, Problem, Search } from '../ui/basics';
import { useShortcut } from '../ui/keys';
import { Table } from '../ui/table';

export function EndpointsPage() {
  const list = usePages('endpoints', listEndpoints);
  const rates = useRates();
  const [filter, setFilter] = useState('');
  useShortcut('r', 'Refresh', list.reload);
  // A long list is asked for by hand.
  useInterval(list.reload, list.items.length <= 500 && !list.loading ? 5000 : 0);

  const rows = useMemo(() => {
    const text = filter.toLowerCase();
    return text ? list.items.filter((e) => e.EndpointName.toLowerCase().includes(text) || e.EndpointStatus.toLowerCase().includes(text)) : list.items;
  }, [list.items, filter]);

  return (
    <div class="page full">
      <PageHead title="Endpoints">
        <Search label="Filter endpoints" placeholder="Name or status" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
      </PageHead>
      {list.error && <Problem error={list.error} what="the endpoints" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Endpoints"
          noun="endpoint"
          rows={rows}
          rowKey={(e) => e.EndpointName}
          rowHref={(e) => href('endpoints', e.EndpointName)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="No endpoint matches" icon="search">
                <Button onClick={() => setFilter('')}>Show all</Button>
              </Empty>
            ) : (
              <Empty title="No endpoints yet" icon="endpoint">
                <p>An endpoint serves a model. The shortest way to one, from an archive, an ONNX or a TorchScript file:</p>
                <Command text="gyre deploy my-model model.tar.gz" />
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 3fr)', cell: (e) => e.EndpointName, sort: (e) => e.EndpointName },
            { title: 'Status', width: 'minmax(110px, 1fr)', cell: (e) => <Badge status={e.EndpointStatus} />, sort: (e) => e.EndpointStatus },
            {
              title: 'Requests/s',
              width: '110px',
              right: true,
              cell: (e) => {
                const rate = rates.get(e.EndpointName);
                return rate === undefined ? <span class="faint">–</span> : number(rate);
              },
              sort: (e) => rates.get(e.EndpointName) ?? -1,
            },
            { title: 'Changed', width: '120px', minor: true, cell: (e) => <span title={dateTime(e.LastModifiedTime * 1000)}>{ago(e.LastModifiedTime * 1000)}</span>, sort: (e) => e.LastModifiedTime },
            { title: 'Created', width: '170px', minor: true, cell: (e) => <span class="number">{dateTime(e.CreationTime * 1000)}</span>, sort: (e) => e.CreationTime },
          ]}
        />
      )}
    </div>
  );
}
