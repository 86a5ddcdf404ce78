import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/call';
import { Icon, type IconName } from './icons';
import { say } from './toast';

/** A page's head: where one is, what it is, what can be done. */
export function PageHead(props: {
  title: string;
  trail?: { label: string; href: string }[];
  mono?: boolean;
  badge?: ComponentChildren;
  note?: ComponentChildren;
  children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${props.title} · Gyre`;
  }, [props.title]);
  return (
    <header class="page-head">
      <div class="page-title">
        {props.trail && (
          <nav class="trail" aria-label="Breadcrumb">
            {props.trail.map((step) => (
              <>
                <a href={step.href}>{step.label}</a>
                <Icon name="right" />
              </>
            ))}
          </nav>
        )}
        <div class="title-line">
          <h1 class={props.mono ? 'mono' : ''}>{props.title}</h1>
          {props.badge}
        </div>
        {props.note && <p class="note">{props.note}</p>}
      </div>
      <div class="actions">{props.children}</div>
    </header>
  );
}

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'icon'> & { icon?: IconName; kind?: 'main' | 'danger' | 'plain' };

export function Button({ icon, kind, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`button ${kind ?? ''} ${children ? '' : 'square'}`}>
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}

const kTones: Record<string, string> = {
  InService: 'good',
  Active: 'good',
  Completed: 'good',
  Stopped: 'warn',
  InProgress: 'busy',
  Stopping: 'busy',
  OK: 'good',
  ALARM: 'bad',
  INSUFFICIENT_DATA: 'warn',
  allowed: 'good',
  Failed: 'bad',
  explicitDeny: 'bad',
  implicitDeny: 'warn',
  refused: 'bad',
  OutOfService: 'warn',
  Inactive: 'warn',
  Creating: 'busy',
  Updating: 'busy',
  RollingBack: 'busy',
  SystemUpdating: 'busy',
  Deleting: 'busy',
};

const kWords: Record<string, string> = {
  InService: 'In service',
  OutOfService: 'Out of service',
  InProgress: 'In progress',
  RollingBack: 'Rolling back',
  SystemUpdating: 'Updating',
  ALARM: 'Alarm',
  INSUFFICIENT_DATA: 'Too little data',
  allowed: 'Allowed',
  explicitDeny: 'Denied',
  implicitDeny: 'Not allowed',
  refused: 'Refused',
  open: 'Open',
};

/** A status in words and colour. */
export function Badge({ status }: { status: string }) {
  return <span class={`badge ${kTones[status] ?? ''}`}>{kWords[status] ?? status}</span>;
}

export function Empty(props: { title: string; children?: ComponentChildren; icon?: IconName }) {
  return (
    <div class="empty">
      {props.icon && <Icon name={props.icon} />}
      <h2>{props.title}</h2>
      {props.children && <div class="empty-body">{props.children}</div>}
    </div>
  );
}

/** What went wrong, and what to do next. */
export function Problem({ error, retry, what }: { error: Error; retry?: () => void; what?: string }) {
  const api = error instanceof ApiError ? error : null;
  return (
    <div class="problem" role="alert">
      <h2>{api?.denied ? `You may not see ${what ?? 'this'}` : `Could not load ${what ?? 'this'}`}</h2>
      <p>{error.message}</p>
      {api?.denied && (
        <p class="hint">
          Ask for a policy that allows it, or try it out in the <a href="#/simulator">policy simulator</a>.
        </p>
      )}
      {api?.requestId && <p class="hint mono">Request {api.requestId}</p>}
      {retry && <Button icon="refresh" onClick={retry}>Try again</Button>}
    </div>
  );
}

/** An ARN or an address, which lines may break after its colons and slashes first. */
export function Breakable({ text }: { text: string }) {
  return <>{text.split(/(?<=[:/])/).map((part, i) => (i === 0 ? part : [<wbr />, part]))}</>;
}

export function Copy({ text, label }: { text: string; label?: string }) {
  return (
    <button
      type="button"
      class="plain copy"
      aria-label={label ?? `Copy ${text}`}
      title="Copy"
      onClick={() => {
        navigator.clipboard?.writeText(text).then(
          () => say('Copied.'),
          () => say('The browser does not let pages copy here; select the text instead.', true),
        );
      }}
    >
      <Icon name="copy" />
    </button>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <Copy text={text} label="Copy the command" />
    </div>
  );
}

/** Pairs of name and value. */
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Card(props: { title?: string; aside?: ComponentChildren; class?: string; children: ComponentChildren }) {
  return (
    <section class={`card ${props.class ?? ''}`} aria-label={props.title}>
      {props.title && (
        <div class="card-head">
          <h2>{props.title}</h2>
          {props.aside}
        </div>
      )}
      {props.children}
    </section>
  );
}

export function Field(props: { label: string; hint?: ComponentChildren; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.children}
      {props.hint && <small>{props.hint}</small>}
    </label>
  );
}

/** A filter that '/' goes to. */
export function Search(props: { value: string; onInput: (text: string) => void; label: string; placeholder?: string }) {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        type="search"
        data-search
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={props.value}
        spellcheck={false}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

export function Spinner({ label = 'Loading…' }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}
    </div>
  );
}

/** A modal dialog of the browser's own: it keeps the focus and Escape closes it. */
export function Dialog(props: { title: string; onClose: () => void; wide?: boolean; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    const back = document.activeElement as HTMLElement | null;
    element.showModal();
    element.querySelector<HTMLElement>('[data-first], input, select, textarea')?.focus();
    return () => {
      element.close();
      back?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.wide ? 'wide' : ''}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) props.onClose();
      }}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2>{props.title}</h2>
          <button type="button" class="plain" aria-label="Close" onClick={props.onClose}>
            <Icon name="close" />
          </button>
        </div>
        {props.children}
      </div>
    </dialog>
  );
}

/** Asks before something is lost, and shows why it did not work. */
export function Confirm(props: { title: string; verb: string; children: ComponentChildren; run: () => Promise<unknown>; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const run = async () => {
    setBusy(true);
    setError('');
    try {
      await props.run();
      props.onClose();
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div class="dialog-text">{props.children}</div>
      {error && <p class="form-error" role="alert">{error}</p>}
      <div class="dialog-foot">
        <Button onClick={props.onClose}>Cancel</Button>
        <Button kind="danger" disabled={busy} data-first onClick={run}>{busy ? 'Working…' : props.verb}</Button>
      </div>
    </Dialog>
  );
}

/** A dialog with a form: `submit` throws what to show. */
export function FormDialog(props: { title: string; verb: string; wide?: boolean; submit: () => Promise<unknown>; onClose: () => void; children: ComponentChildren }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await props.submit();
      props.onClose();
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide ?? false}>
      <form class="form" onSubmit={submit}>
        {props.children}
        {error && <p class="form-error" role="alert">{error}</p>}
        <div class="dialog-foot">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="main" type="submit" disabled={busy}>{busy ? 'Working…' : props.verb}</Button>
        </div>
      </form>
    </Dialog>
  );
}
