import { useMemo, useState } from 'preact/hooks';
import { useInterval, useLoaded, usePages } from '../api/pages';
import { describeTransformJob, kTransformLogs, listTransformJobs, stopTransformJob, type Progress, type TransformJob } from '../api/transform';
import { ago, bytes, count, dateTime, number, percent } from '../format';
import { href } from '../route';
import { Badge, Button, Card, Command, Confirm, Copy, Empty, Facts, PageHead, Problem, Search, Spinner } from '../ui/basics';
import { useShortcut } from '../ui/keys';
import { Table } from '../ui/table';
import { say } from '../ui/toast';

/** "40 s", "12 min", "3.5 h" */
function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${number(seconds / 3600)} h`;
}

export function TransformsPage() {
  const list = usePages('transforms', listTransformJobs);
  const [filter, setFilter] = useState('');
  useShortcut('r', 'Refresh', list.reload);
  useInterval(list.reload, list.items.length <= 500 && !list.loading ? 3000 : 0);
  const rows = useMemo(() => {
    const text = filter.toLowerCase();
    return text ? list.items.filter((job) => `${job.TransformJobName} ${job.TransformJobStatus}`.toLowerCase().includes(text)) : list.items;
  }, [list.items, filter]);

  return (
    <div class="page full">
      <PageHead title="Transform jobs">
        <Search label="Filter transform jobs" placeholder="Name or status" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
      </PageHead>
      {list.error && <Problem error={list.error} what="the transform jobs" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Transform jobs"
          noun="job"
          rows={rows}
          rowKey={(job) => job.TransformJobName}
          rowHref={(job) => href('transforms', job.TransformJobName)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="No job matches" icon="search">
                <Button onClick={() => setFilter('')}>Show all</Button>
              </Empty>
            ) : (
              <Empty title="No transform jobs yet" icon="transform">
                <p>A transform job runs every object below a prefix through a model. From a folder to a folder:</p>
                <Command text="gyre transform my-model ./in ./out" />
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 2fr)', cell: (job) => job.TransformJobName, sort: (job) => job.TransformJobName },
            { title: 'Status', width: 'minmax(110px, 1fr)', cell: (job) => <Badge status={job.TransformJobStatus} />, sort: (job) => job.TransformJobStatus },
            { title: 'Reason', width: 'minmax(0, 3fr)', minor: true, cell: (job) => <span title={job.FailureReason}>{job.FailureReason ?? ''}</span> },
            { title: 'Created', width: '120px', minor: true, cell: (job) => <span title={dateTime(job.CreationTime * 1000)}>{ago(job.CreationTime * 1000)}</span>, sort: (job) => job.CreationTime },
          ]}
        />
      )}
    </div>
  );
}

function ProgressCard({ progress, running }: { progress: Progress; running: boolean }) {
  const share = progress.Bytes > 0 ? progress.BytesDone / progress.Bytes : progress.ObjectsDone / Math.max(1, progress.Objects);
  const facts: [string, string][] = [
    ['Objects', `${number(progress.ObjectsDone)} of ${number(progress.Objects)}`],
    ['Failed', count(progress.ObjectsFailed, 'object')],
    ['Input', `${bytes(progress.BytesDone)} of ${bytes(progress.Bytes)}`],
    ['Records', number(progress.RecordsDone)],
  ];
  if (running) {
    facts.push(['Rate', `${number(progress.RecordsPerSecond)} records/s, ${bytes(progress.BytesPerSecond)}/s`]);
    facts.push(['Time left', progress.SecondsLeft === undefined ? '–' : duration(progress.SecondsLeft)]);
  }
  return (
    <Card title="Progress" aside={<b class="number">{percent(share)}</b>}>
      <progress class="job-progress" max={1} value={share} aria-label="Progress" />
      <Facts facts={facts} />
    </Card>
  );
}

function RequestCard({ job }: { job: TransformJob }) {
  const source = job.TransformInput.DataSource.S3DataSource;
  const processing = job.DataProcessing;
  const optional: [string, string | number | undefined][] = [
    ['Content type', job.TransformInput.ContentType],
    ['Split', job.TransformInput.SplitType],
    ['Compression', job.TransformInput.CompressionType],
    ['Batch strategy', job.BatchStrategy],
    ['Requests at once', job.MaxConcurrentTransforms],
    ['Largest payload', job.MaxPayloadInMB && `${job.MaxPayloadInMB} MB`],
    ['Accept', job.TransformOutput.Accept],
    ['Assemble with', job.TransformOutput.AssembleWith],
    ['Input filter', processing?.InputFilter],
    ['Join', processing?.JoinSource],
    ['Output filter', processing?.OutputFilter],
  ];
  return (
    <Card title="Request">
      <Facts
        facts={[
          ['Model', <a href={href('models', job.ModelName)}>{job.ModelName}</a>],
          [source.S3DataType === 'S3Prefix' ? 'Input' : source.S3DataType, <span class="mono wrap">{source.S3Uri} <Copy text={source.S3Uri} /></span>],
          ['Output', <span class="mono wrap">{job.TransformOutput.S3OutputPath} <Copy text={job.TransformOutput.S3OutputPath} /></span>],
          ['Instances', number(job.TransformResources.InstanceCount)],
          ...optional.filter(([, value]) => value !== undefined).map(([name, value]): [string, string] => [name, String(value)]),
        ]}
      />
    </Card>
  );
}

export function TransformPage({ name }: { name: string }) {
  const [stopping, setStopping] = useState(false);
  const [running, setRunning] = useState(true);
  const job = useLoaded(`transform/${name}`, async (signal) => {
    const now = await describeTransformJob(name, signal);
    setRunning(now.TransformJobStatus === 'InProgress' || now.TransformJobStatus === 'Stopping');
    return now;
  }, running ? 1000 : 0);
  const j = job.value;
  return (
    <div class="page">
      <PageHead title={name} trail={[{ label: 'Transform jobs', href: href('transforms') }]} badge={j && <Badge status={j.TransformJobStatus} />}>
        <a class="button" href={href('logs', kTransformLogs)}>Logs</a>
        {j?.TransformJobStatus === 'InProgress' && <Button icon="close" onClick={() => setStopping(true)}>Stop</Button>}
      </PageHead>
      {job.error && <Problem error={job.error} what="this job" retry={job.reload} />}
      {!j && !job.error && <Spinner />}
      {j?.FailureReason && (
        <div class="problem" role="alert">
          <h2>It failed</h2>
          <p>{j.FailureReason}</p>
        </div>
      )}
      {j?.Progress && <ProgressCard progress={j.Progress} running={running} />}
      {j && (
        <>
          <RequestCard job={j} />
          <Card title="Facts">
            <Facts
              facts={[
                ['ARN', <span class="mono wrap">{j.TransformJobArn} <Copy text={j.TransformJobArn} /></span>],
                ['Created', dateTime(j.CreationTime * 1000)],
                ['Started', j.TransformStartTime ? dateTime(j.TransformStartTime * 1000) : '–'],
                ['Ended', j.TransformEndTime ? dateTime(j.TransformEndTime * 1000) : '–'],
              ]}
            />
          </Card>
        </>
      )}
      {stopping && (
        <Confirm
          title={`Stop ${name}?`}
          verb="Stop the job"
          onClose={() => setStopping(false)}
          run={async () => {
            await stopTransformJob(name);
            say(`${name} is being stopped.`);
            job.reload();
          }}
        >
          <p>What is finished stays in the output. A stopped job cannot go on.</p>
        </Confirm>
      )}
    </div>
  );
}
