import { useEffect, useRef, useState } from 'preact/hooks';
import { notice, signIn } from '../api/session';
import { useStore } from '../store';
import { Button, Command, Field } from '../ui/basics';
import { Mark } from '../ui/icons';

export function SignIn() {
  const why = useStore(notice);
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Gyre';
    form.current?.querySelector('input')?.focus();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const fields = new FormData(form.current!);
    const text = (name: string) => String(fields.get(name) ?? '').trim();
    setBusy(true);
    setError('');
    try {
      const token = text('token');
      await signIn({
        accessKeyId: text('key'),
        secretAccessKey: text('secret'),
        ...(token ? { sessionToken: token } : {}),
      });
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
      form.current?.querySelector<HTMLInputElement>('[name=secret]')?.focus();
    }
  };
  return (
    <main class="sign-in">
      <form class="form" ref={form} onSubmit={submit} aria-label="Sign in">
        <div class="sign-in-head">
          <Mark />
          <h1>Gyre</h1>
        </div>
        <p class="note">Sign in with an access key. What you may see and do is what its policies allow.</p>
        {why && !error && <p class="form-notice" role="status">{why}</p>}
        <Field label="Access key ID">
          <input name="key" required autocomplete="username" spellcheck={false} autocapitalize="off" class="mono" />
        </Field>
        <Field label="Secret access key">
          <input name="secret" type="password" required autocomplete="current-password" class="mono" />
        </Field>
        <details>
          <summary>Temporary keys</summary>
          <Field label="Session token" hint="That AssumeRole gave beside the two.">
            <input name="token" autocomplete="off" spellcheck={false} class="mono" />
          </Field>
        </details>
        {error && <p class="form-error" role="alert">{error}</p>}
        <Button kind="main" type="submit" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</Button>
        <div class="sign-in-help">
          <p>On the machine that serves, the root user's key is printed by</p>
          <Command text="gyre env" />
        </div>
      </form>
    </main>
  );
}
