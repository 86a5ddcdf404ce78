import { useMemo, useState } from 'preact/hooks';
import {
  createGroup, createKey, createRole, createUser, deleteKey, deletePolicy, deletePrincipal, getPolicy, getPrincipal, groupsOf,
  type Kind, listKeys, listPolicies, listPrincipals, managedPolicies, membersOf, type PolicyName, putPolicy, setAttached,
  setKeyActive, setMember, setTrust,
} from '../api/iam';
import { useLoaded, usePages } from '../api/pages';
import { ago, dateTime } from '../format';
import { go, href } from '../route';
import { Badge, Breakable, Button, Card, Confirm, Copy, Dialog, Empty, Facts, Field, FormDialog, PageHead, Problem, Search, Spinner } from '../ui/basics';
import { useShortcut } from '../ui/keys';
import { say, sayError } from '../ui/toast';
import { Table } from '../ui/table';

const kTrust = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Service": "sagemaker.amazonaws.com" },
      "Action": "sts:AssumeRole"
    }
  ]
}`;

const kPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadData",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:ListBucket"],
      "Resource": "*"
    }
  ]
}`;

function pretty(document: string): string {
  try {
    return JSON.stringify(JSON.parse(document), null, 2);
  } catch {
    return document;
  }
}

function JsonArea(props: { label: string; value: string; onInput: (text: string) => void; rows?: number }) {
  return (
    <Field label={props.label}>
      <textarea class="mono" rows={props.rows ?? 14} required spellcheck={false} value={props.value} onInput={(event) => props.onInput(event.currentTarget.value)} />
    </Field>
  );
}

function CreatePrincipal({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const [name, setName] = useState('');
  const [trust, setTrustText] = useState(kTrust);
  return (
    <FormDialog
      title={`Create a ${kind}`}
      verb="Create"
      wide={kind === 'role'}
      onClose={onClose}
      submit={async () => {
        if (kind === 'user') await createUser(name);
        else if (kind === 'group') await createGroup(name);
        else await createRole(name, trust);
        go(href(`${kind}s`, name));
      }}
    >
      <Field label="Name">
        <input class="mono" required value={name} spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      {kind === 'role' && <JsonArea label="Who may assume it" value={trust} onInput={setTrustText} rows={11} />}
    </FormDialog>
  );
}

const kTitle = { user: 'Users', group: 'Groups', role: 'Roles' } as const;

const kMeaning = {
  user: 'Give every person and program a user of its own: policies say what it may do, and the audit names it.',
  group: 'What a group may, its members may: policies that many share need be written once.',
  role: 'A role is taken for a while, by a user or by a job; its policies hold for that time.',
} as const;

export function PrincipalsPage({ kind }: { kind: Kind }) {
  const plural = `${kind}s`;
  const list = usePages(plural, (token, signal) => listPrincipals(kind, token, signal));
  const [filter, setFilter] = useState('');
  const [creating, setCreating] = useState(false);
  useShortcut('r', 'Refresh', list.reload);
  useShortcut('n', `Create a ${kind}`, () => setCreating(true));
  const rows = useMemo(() => list.items.filter((p) => p.name.toLowerCase().includes(filter.toLowerCase())), [list.items, filter]);
  return (
    <div class="page full">
      <PageHead title={kTitle[kind]}>
        <Search label={`Filter ${plural}`} placeholder="Name" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
        <Button kind="main" icon="plus" onClick={() => setCreating(true)}>Create</Button>
      </PageHead>
      {list.error && <Problem error={list.error} what={`the ${plural}`} retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label={kTitle[kind]}
          noun={kind}
          rows={rows}
          rowKey={(p) => p.name}
          rowHref={(p) => href(plural, p.name)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title={`No ${kind} matches`} icon="search"><Button onClick={() => setFilter('')}>Show all</Button></Empty>
            ) : (
              <Empty title={`No ${plural} yet`} icon={kind}>
                <p>{kMeaning[kind]}</p>
                <Button kind="main" icon="plus" onClick={() => setCreating(true)}>Create a {kind}</Button>
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 2fr)', cell: (p) => p.name, sort: (p) => p.name },
            { title: 'ARN', width: 'minmax(0, 3fr)', minor: true, cell: (p) => <span class="mono faint">{p.arn}</span> },
            { title: 'Created', width: '170px', minor: true, cell: (p) => <span class="number">{dateTime(p.created)}</span>, sort: (p) => p.created.getTime() },
          ]}
        />
      )}
      {creating && <CreatePrincipal kind={kind} onClose={() => setCreating(false)} />}
    </div>
  );
}

function Keys({ user }: { user: string }) {
  const keys = useLoaded(`keys/${user}`, (signal) => listKeys(user, signal));
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const [deleting, setDeleting] = useState('');
  const make = () => createKey(user).then((key) => { setMade(key); keys.reload(); }, sayError);
  return (
    <Card title="Access keys" aside={<Button icon="key" onClick={make}>New key</Button>}>
      {keys.error && <Problem error={keys.error} what="the keys" retry={keys.reload} />}
      {keys.value?.length === 0 && <p class="faint">No key: this user cannot sign in or call anything yet.</p>}
      {keys.value && keys.value.length > 0 && (
        <table class="small-table">
          <thead><tr><th>Key</th><th>State</th><th>Created</th><th /></tr></thead>
          <tbody>
            {keys.value.map((key) => (
              <tr key={key.id}>
                <td class="mono">{key.id}</td>
                <td><Badge status={key.active ? 'Active' : 'Inactive'} /></td>
                <td title={dateTime(key.created)}>{ago(key.created)}</td>
                <td class="right nowrap">
                  <button type="button" class="link" onClick={() => setKeyActive(user, key.id, !key.active).then(keys.reload, sayError)}>{key.active ? 'Switch off' : 'Switch on'}</button>
                  <button type="button" class="link" onClick={() => setDeleting(key.id)}>Delete</button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {made && (
        <Dialog title="A new access key" onClose={() => setMade(null)}>
          <div class="dialog-text">
            <p>The secret is shown this once and cannot be read again.</p>
            <Facts
              facts={[
                ['Access key ID', <span class="mono wrap">{made.id} <Copy text={made.id} /></span>],
                ['Secret access key', <span class="mono wrap">{made.secret} <Copy text={made.secret} label="Copy the secret" /></span>],
              ]}
            />
          </div>
          <div class="dialog-foot"><Button kind="main" data-first onClick={() => setMade(null)}>I have kept it</Button></div>
        </Dialog>
      )}
      {deleting && (
        <Confirm title="Delete this key?" verb="Delete the key" onClose={() => setDeleting('')} run={() => deleteKey(user, deleting).then(keys.reload)}>
          <p>Whatever still signs with <span class="mono">{deleting}</span> is refused from then on, sessions of this console too.</p>
        </Confirm>
      )}
    </Card>
  );
}

function EditPolicy(props: { kind: Kind; principal: string; policy: string; document: string; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(props.policy);
  const [document, setDocument] = useState(props.document);
  return (
    <FormDialog
      title={props.policy ? `Policy ${props.policy}` : 'Add a policy'}
      verb="Save"
      wide
      onClose={props.onClose}
      submit={async () => {
        await putPolicy(props.kind, props.principal, name, document);
        say('Saved; it holds at once.');
        props.onDone();
      }}
    >
      {!props.policy && (
        <Field label="Name">
          <input class="mono" required value={name} spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
      )}
      <JsonArea label="Document" value={document} onInput={setDocument} />
    </FormDialog>
  );
}

function PolicyCard({ kind, principal, policy, onChange }: { kind: Kind; principal: string; policy: PolicyName; onChange: () => void }) {
  const document = useLoaded(`policy/${kind}/${principal}/${policy.arn ?? policy.name}`, (signal) => getPolicy(kind, principal, policy, signal));
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  return (
    <details class="policy" open={!policy.arn}>
      <summary>
        <b>{policy.name}</b>
        <span class="faint">{policy.arn ? 'managed' : 'inline'}</span>
      </summary>
      {document.error && <Problem error={document.error} what="the policy" />}
      {document.value !== null && <pre class="code">{pretty(document.value)}</pre>}
      {!policy.arn && document.value !== null && (
        <div class="line-actions">
          <Button onClick={() => setEditing(true)}>Edit</Button>
          <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
        </div>
      )}
      {policy.arn && (
        <div class="line-actions">
          <Button onClick={() => setAttached(kind, principal, policy.arn!, false).then(onChange, sayError)}>Detach</Button>
        </div>
      )}
      {editing && (
        <EditPolicy kind={kind} principal={principal} policy={policy.name} document={pretty(document.value!)} onClose={() => setEditing(false)} onDone={document.reload} />
      )}
      {deleting && (
        <Confirm title={`Delete ${policy.name}?`} verb="Delete the policy" onClose={() => setDeleting(false)} run={() => deletePolicy(kind, principal, policy.name).then(onChange)}>
          <p>What only this policy allows to {principal} is denied at once.</p>
        </Confirm>
      )}
    </details>
  );
}

function AttachPolicy({ kind, principal, onClose, onDone }: { kind: Kind; principal: string; onClose: () => void; onDone: () => void }) {
  const [arn, setArn] = useState('');
  const known = useLoaded('managed', (signal) => managedPolicies(signal));
  return (
    <FormDialog title="Attach a managed policy" verb="Attach" wide onClose={onClose} submit={() => setAttached(kind, principal, arn, true).then(onDone)}>
      <Field label="ARN" hint={known.error ? `They cannot be listed: ${known.error.message}` : `${known.value?.length ?? '…'} are known here, AWS's among them.`}>
        <input class="mono" list="managed" required value={arn} spellcheck={false} placeholder="arn:aws:iam::aws:policy/…" onInput={(event) => setArn(event.currentTarget.value)} />
      </Field>
      <datalist id="managed">
        {known.value?.map((p) => <option key={p.arn} value={p.arn}>{p.name}</option>)}
      </datalist>
    </FormDialog>
  );
}

/** Of a group its members; of a user its groups. */
function Membership({ kind, name }: { kind: 'user' | 'group'; name: string }) {
  const [added, setAdded] = useState('');
  const list = useLoaded(`membership/${kind}/${name}`, (signal) => (kind === 'user' ? groupsOf(name, signal) : membersOf(name, signal)));
  const change = (other: string, member: boolean) =>
    (kind === 'user' ? setMember(other, name, member) : setMember(name, other, member)).then(() => { setAdded(''); list.reload(); }, sayError);
  const word = kind === 'user' ? 'group' : 'user';
  return (
    <Card title={kind === 'user' ? 'Groups' : 'Members'}>
      {list.error && <Problem error={list.error} what={`the ${word}s`} retry={list.reload} />}
      {list.value?.length === 0 && <p class="faint">{kind === 'user' ? `${name} is in no group.` : 'Nobody is in this group.'}</p>}
      {list.value && list.value.length > 0 && (
        <table class="small-table">
          <tbody>
            {list.value.map((other) => (
              <tr key={other}>
                <td><a href={href(`${word}s`, other)}>{other}</a></td>
                <td class="right"><button type="button" class="link" onClick={() => change(other, false)}>Remove</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <form class="form-line add-member" onSubmit={(event) => { event.preventDefault(); void change(added.trim(), true); }}>
        <Field label={kind === 'user' ? 'Add to a group' : 'Add a user'}>
          <input class="mono" required value={added} spellcheck={false} onInput={(event) => setAdded(event.currentTarget.value)} />
        </Field>
        <Button type="submit">Add</Button>
      </form>
    </Card>
  );
}

export function PrincipalPage({ kind, name }: { kind: Kind; name: string }) {
  const plural = `${kind}s`;
  const principal = useLoaded(`${kind}/${name}`, (signal) => getPrincipal(kind, name, signal));
  const policies = useLoaded(`policies/${kind}/${name}`, (signal) => listPolicies(kind, name, signal));
  const [adding, setAdding] = useState(false);
  const [attaching, setAttaching] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [trusting, setTrusting] = useState<string | null>(null);
  const p = principal.value;
  return (
    <div class="page">
      <PageHead title={name} trail={[{ label: kTitle[kind], href: href(plural) }]}>
        {p && (
          <>
            <a class="button" href={`${href('simulator')}?principal=${encodeURIComponent(p.arn)}`}>Simulate…</a>
            <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
          </>
        )}
      </PageHead>
      {principal.error && <Problem error={principal.error} what={`this ${kind}`} retry={principal.reload} />}
      {!p && !principal.error && <Spinner />}
      {p && (
        <div class="columns">
          <div class="stack">
            <Card
              title="Policies"
              aside={
                <div class="actions">
                  <Button onClick={() => setAttaching(true)}>Attach…</Button>
                  <Button icon="plus" onClick={() => setAdding(true)}>Add</Button>
                </div>
              }
            >
              {policies.error && <Problem error={policies.error} what="the policies" retry={policies.reload} />}
              {policies.value?.length === 0 && <p class="faint">No policy of its own{kind === 'user' ? '; what its groups may holds for it' : ''}.</p>}
              {policies.value?.map((policy) => (
                <PolicyCard key={policy.arn ?? policy.name} kind={kind} principal={name} policy={policy} onChange={policies.reload} />
              ))}
            </Card>
          </div>
          <div class="stack">
            <Card title="Facts">
              <Facts
                facts={[
                  ['ARN', <span class="mono wrap"><Breakable text={p.arn} /> <Copy text={p.arn} /></span>],
                  ['ID', <span class="mono">{p.id}</span>],
                  ['Created', dateTime(p.created)],
                  ...(p.description ? [['Description', p.description] as [string, string]] : []),
                ]}
              />
            </Card>
            {kind === 'user' && <Keys user={name} />}
            {kind !== 'role' && <Membership kind={kind} name={name} />}
            {kind === 'role' && (
              <Card title="Who may assume it" aside={<Button onClick={() => setTrusting(pretty(p.trust))}>Edit</Button>}>
                <pre class="code">{pretty(p.trust)}</pre>
              </Card>
            )}
          </div>
        </div>
      )}
      {adding && <EditPolicy kind={kind} principal={name} policy="" document={kPolicy} onClose={() => setAdding(false)} onDone={policies.reload} />}
      {attaching && <AttachPolicy kind={kind} principal={name} onClose={() => setAttaching(false)} onDone={policies.reload} />}
      {trusting !== null && (
        <FormDialog
          title="Who may assume it"
          verb="Save"
          wide
          onClose={() => setTrusting(null)}
          submit={async () => {
            await setTrust(name, trusting);
            principal.reload();
          }}
        >
          <JsonArea label="Trust policy" value={trusting} onInput={setTrusting} />
        </FormDialog>
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          verb={`Delete the ${kind}`}
          onClose={() => setDeleting(false)}
          run={async () => {
            await deletePrincipal(kind, name);
            say(`${name} is deleted.`);
            go(href(plural));
          }}
        >
          <p>Its policies, and a user's keys, have to go first; IAM refuses otherwise.</p>
        </Confirm>
      )}
    </div>
  );
}
