import { createStore } from '../store';

/** Who is signed in, as the server says. The token lives in memory only. */
export interface Who {
  token: string;
  accessKeyId: string;
  arn: string;
  account: string;
  userId: string;
  region: string;
  ends: string;
}

/** undefined: not asked yet; null: nobody. */
export const session = createStore<Who | null | undefined>(undefined);
/** Why the sign-in page is shown again. */
export const notice = createStore('');

const kSession = '/-/session';

async function message(answer: Response): Promise<string> {
  try {
    return ((await answer.json()) as { message: string }).message;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

/** Takes up the session of the browser's cookie, if there is one. */
export async function resume(): Promise<void> {
  try {
    const answer = await fetch(kSession);
    session.set(answer.ok ? ((await answer.json()) as Who) : null);
  } catch {
    notice.set('The server cannot be reached. Is gyre serve running?');
    session.set(null);
  }
}

/** Throws an Error with what the server says. */
export async function signIn(keys: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}): Promise<void> {
  const answer = await fetch(kSession, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Gyre-Token': 'sign-in' },
    body: JSON.stringify(keys),
  });
  if (!answer.ok) throw new Error(await message(answer));
  notice.set('');
  session.set((await answer.json()) as Who);
}

export async function signOut(): Promise<void> {
  const token = session.get()?.token ?? '';
  await fetch(kSession, { method: 'DELETE', headers: { 'X-Gyre-Token': token } }).catch(() => {});
  notice.set('You are signed out.');
  session.set(null);
}

/** An API said that nobody is signed in. */
export function sessionEnded(why: string): void {
  if (!session.get()) return;
  notice.set(why);
  session.set(null);
}
