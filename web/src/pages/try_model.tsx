import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, send } from '../api/call';
import { areShares, scoresIn, top } from '../api/scores';
import { bytes, number, percent, seconds } from '../format';
import { Button, Card, Field } from '../ui/basics';
import { Icon } from '../ui/icons';

interface Answer {
  took: number; // seconds, as the browser saw it
  headers: Headers;
  text: string;
  json: unknown;
  picture: string;
}

const kMostBytes = 25 * 1024 * 1024;

async function ask(endpoint: string, body: Blob | string, type: string): Promise<Answer> {
  const began = performance.now();
  const answer = await send('sagemaker', `/endpoints/${encodeURIComponent(endpoint)}/invocations`, {
    method: 'POST',
    headers: { 'Content-Type': type, Accept: 'application/json', 'X-Gyre-Trace': '1' },
    body,
  });
  const blob = await answer.blob();
  const took = (performance.now() - began) / 1000;
  const said = answer.headers.get('content-type') ?? '';
  const picture = said.startsWith('image/') ? URL.createObjectURL(blob) : '';
  const text = picture ? '' : await blob.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { took, headers: answer.headers, text, json, picture };
}

function Trace({ answer }: { answer: Answer }) {
  const header = (name: string) => answer.headers.get(name);
  const micros = (name: string) => {
    const value = header(name);
    return value === null ? '–' : seconds(Number(value) / 1e6);
  };
  return (
    <dl class="trace">
      <div><dt>Took</dt><dd>{seconds(answer.took)}</dd></div>
      <div><dt>In the queue</dt><dd>{micros('x-gyre-queue-us')}</dd></div>
      <div><dt>In the model</dt><dd>{micros('x-gyre-compute-us')}</dd></div>
      <div><dt>Batch of</dt><dd>{header('x-gyre-batch-size') ?? '–'}</dd></div>
      <div><dt>It left</dt><dd>{header('x-gyre-leave-reason') ?? '–'}</dd></div>
      <div><dt>Variant</dt><dd>{header('x-amzn-invoked-production-variant') ?? '–'}</dd></div>
    </dl>
  );
}

function Result({ answer }: { answer: Answer }) {
  const scores = answer.json === undefined ? null : scoresIn(answer.json);
  const shares = scores !== null && areShares(scores);
  const best = scores ? top(scores, 8) : [];
  const largest = Math.max(...best.map((s) => Math.abs(s.value)), 1e-9);
  const pretty = answer.json === undefined ? answer.text : JSON.stringify(answer.json, null, 2);
  return (
    <div class="answer" aria-live="polite">
      <Trace answer={answer} />
      {answer.picture && <img src={answer.picture} alt="What the model answered" />}
      {scores && (
        <ol class="scores" aria-label="Best classes">
          {best.map((score) => (
            <li key={score.label}>
              <span class="score-label">{score.label}</span>
              <span class="score-bar"><i style={{ width: `${(shares ? score.value : Math.max(0, score.value) / largest) * 100}%` }} /></span>
              <span class="number">{shares ? percent(score.value) : number(score.value)}</span>
            </li>
          ))}
        </ol>
      )}
      {!answer.picture && (
        <details open={!scores}>
          <summary>{scores ? `The whole answer, ${scores.length} classes` : 'The answer'}</summary>
          <pre class="code">{pretty.length > 20_000 ? pretty.slice(0, 20_000) + '\n… ' + bytes(pretty.length) + ' in all' : pretty || '(empty)'}</pre>
        </details>
      )}
    </div>
  );
}

/** Drop a picture or paste JSON, and see what the model makes of it. */
export function TryModel({ endpoint, ready }: { endpoint: string; ready: boolean }) {
  const [text, setText] = useState('');
  const [type, setType] = useState('application/json');
  const [file, setFile] = useState<File | null>(null);
  const [picture, setPicture] = useState('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!file?.type.startsWith('image/')) return setPicture('');
    const url = URL.createObjectURL(file);
    setPicture(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);

  const run = async (body: Blob | string, contentType: string) => {
    setBusy(true);
    setError(null);
    try {
      const made = await ask(endpoint, body, contentType);
      if (answer?.picture) URL.revokeObjectURL(answer.picture);
      setAnswer(made);
    } catch (problem) {
      setAnswer(null);
      setError(problem instanceof ApiError ? problem : new ApiError('', (problem as Error).message, 0));
    }
    setBusy(false);
  };

  const take = (given: File | undefined | null) => {
    if (!given) return;
    if (given.size > kMostBytes) {
      setError(new ApiError('', `${given.name} has ${bytes(given.size)}; a request takes ${bytes(kMostBytes)} at most.`, 413));
      return;
    }
    setFile(given);
    void run(given, given.type || 'application/octet-stream');
  };

  return (
    <Card title="Try it" class="try">
      <div
        class={`drop ${over ? 'over' : ''}`}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer?.files[0]); }}
      >
        {picture ? <img src={picture} alt={file?.name ?? ''} /> : <Icon name="upload" />}
        <div>
          <p>{file ? <><b>{file.name}</b> · {bytes(file.size)}</> : 'Drop a picture or any file here, or'}</p>
          <div class="drop-actions">
            <Button disabled={!ready || busy} onClick={() => chooser.current?.click()}>{file ? 'Another file…' : 'Choose a file…'}</Button>
            {file && <Button icon="play" disabled={!ready || busy} onClick={() => take(file)}>Ask again</Button>}
          </div>
        </div>
        <input ref={chooser} type="file" hidden aria-label="File to ask about" onChange={(event) => { take(event.currentTarget.files?.[0]); event.currentTarget.value = ''; }} />
      </div>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          setFile(null);
          void run(text, type);
        }}
      >
        <Field label="Or a body of your own">
          <textarea
            class="mono"
            rows={4}
            spellcheck={false}
            value={text}
            placeholder='{"instances": [[1, 2, 3]]}'
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
        </Field>
        <div class="form-line">
          <Field label="Content type">
            <input class="mono" list="content-types" value={type} onInput={(event) => setType(event.currentTarget.value)} />
          </Field>
          <datalist id="content-types">
            {['application/json', 'text/csv', 'text/plain', 'application/octet-stream'].map((t) => <option key={t} value={t} />)}
          </datalist>
          <Button kind="main" type="submit" icon="play" disabled={!ready || busy || !text} title="Ctrl+Enter in the text">{busy ? 'Asking…' : 'Ask'}</Button>
        </div>
      </form>
      {!ready && <p class="hint">The endpoint answers when it is in service.</p>}
      {error && (
        <div class="problem" role="alert">
          <h2>{error.code && !/^\d+$/.test(error.code) ? error.code : 'No answer'}</h2>
          <p class="pre">{error.message}</p>
        </div>
      )}
      {answer && <Result answer={answer} />}
    </Card>
  );
}
