import { ApiError, query } from './call';
import type { Page } from './pages';
import { first, members, textOf } from './xml';

export type Kind = 'user' | 'group' | 'role';

export interface Principal {
  kind: Kind;
  name: string;
  arn: string;
  id: string;
  path: string;
  created: Date;
  trust: string;
  description: string;
}

export interface Key {
  id: string;
  active: boolean;
  created: Date;
}

/** A policy that holds for a principal: its own, or a managed one that is attached. */
export interface PolicyName {
  name: string;
  arn?: string;
}

const kWord = { user: 'User', group: 'Group', role: 'Role' } as const;

function principal(kind: Kind, element: Element): Principal {
  const trust = textOf(element, 'AssumeRolePolicyDocument');
  return {
    kind,
    name: textOf(element, `${kWord[kind]}Name`),
    arn: textOf(element, 'Arn'),
    id: textOf(element, `${kWord[kind]}Id`),
    path: textOf(element, 'Path'),
    created: new Date(textOf(element, 'CreateDate')),
    trust: trust ? decodeURIComponent(trust) : '',
    description: textOf(element, 'Description'),
  };
}

export async function listPrincipals(kind: Kind, token?: string, signal?: AbortSignal): Promise<Page<Principal>> {
  const root = await query('iam', `List${kWord[kind]}s`, { MaxItems: '1000', ...(token ? { Marker: token } : {}) }, signal);
  return { items: members(root, `${kWord[kind]}s`).map((m) => principal(kind, m)), next: textOf(root, 'Marker') || undefined };
}

export async function getPrincipal(kind: Kind, name: string, signal?: AbortSignal): Promise<Principal> {
  const root = await query('iam', `Get${kWord[kind]}`, { [`${kWord[kind]}Name`]: name }, signal);
  return principal(kind, first(root, kWord[kind]) ?? root);
}

export async function createUser(name: string): Promise<void> {
  await query('iam', 'CreateUser', { UserName: name });
}

export async function createGroup(name: string): Promise<void> {
  await query('iam', 'CreateGroup', { GroupName: name });
}

export async function groupsOf(user: string, signal?: AbortSignal): Promise<string[]> {
  const root = await query('iam', 'ListGroupsForUser', { UserName: user }, signal);
  return members(root, 'Groups').map((m) => textOf(m, 'GroupName'));
}

export async function membersOf(group: string, signal?: AbortSignal): Promise<string[]> {
  const root = await query('iam', 'GetGroup', { GroupName: group, MaxItems: '1000' }, signal);
  return members(root, 'Users').map((m) => textOf(m, 'UserName'));
}

export async function setMember(group: string, user: string, member: boolean): Promise<void> {
  await query('iam', member ? 'AddUserToGroup' : 'RemoveUserFromGroup', { GroupName: group, UserName: user });
}

export async function createRole(name: string, trust: string): Promise<void> {
  await query('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust });
}

export async function deletePrincipal(kind: Kind, name: string): Promise<void> {
  await query('iam', `Delete${kWord[kind]}`, { [`${kWord[kind]}Name`]: name });
}

export async function setTrust(role: string, document: string): Promise<void> {
  await query('iam', 'UpdateAssumeRolePolicy', { RoleName: role, PolicyDocument: document });
}

export async function listKeys(user: string, signal?: AbortSignal): Promise<Key[]> {
  const root = await query('iam', 'ListAccessKeys', { UserName: user }, signal);
  return members(root, 'AccessKeyMetadata').map((m) => ({
    id: textOf(m, 'AccessKeyId'),
    active: textOf(m, 'Status') === 'Active',
    created: new Date(textOf(m, 'CreateDate')),
  }));
}

/** The only time that the secret is told. */
export async function createKey(user: string): Promise<{ id: string; secret: string }> {
  const root = await query('iam', 'CreateAccessKey', { UserName: user });
  return { id: textOf(root, 'AccessKeyId'), secret: textOf(root, 'SecretAccessKey') };
}

export async function setKeyActive(user: string, id: string, active: boolean): Promise<void> {
  await query('iam', 'UpdateAccessKey', { UserName: user, AccessKeyId: id, Status: active ? 'Active' : 'Inactive' });
}

export async function deleteKey(user: string, id: string): Promise<void> {
  await query('iam', 'DeleteAccessKey', { UserName: user, AccessKeyId: id });
}

export async function listPolicies(kind: Kind, name: string, signal?: AbortSignal): Promise<PolicyName[]> {
  const who = { [`${kWord[kind]}Name`]: name };
  const own = await query('iam', `List${kWord[kind]}Policies`, who, signal);
  const found: PolicyName[] = members(own, 'PolicyNames').map((m) => ({ name: m.textContent ?? '' }));
  try {
    const attached = await query('iam', `ListAttached${kWord[kind]}Policies`, who, signal);
    for (const m of members(attached, 'AttachedPolicies')) found.push({ name: textOf(m, 'PolicyName'), arn: textOf(m, 'PolicyArn') });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 501) throw error; // a server without managed policies
  }
  return found;
}

export async function getPolicy(kind: Kind, name: string, policy: PolicyName, signal?: AbortSignal): Promise<string> {
  if (policy.arn) {
    const head = await query('iam', 'GetPolicy', { PolicyArn: policy.arn }, signal);
    const version = await query('iam', 'GetPolicyVersion', { PolicyArn: policy.arn, VersionId: textOf(head, 'DefaultVersionId') }, signal);
    return decodeURIComponent(textOf(version, 'Document'));
  }
  const root = await query('iam', `Get${kWord[kind]}Policy`, { [`${kWord[kind]}Name`]: name, PolicyName: policy.name }, signal);
  return decodeURIComponent(textOf(root, 'PolicyDocument'));
}

export async function putPolicy(kind: Kind, name: string, policy: string, document: string): Promise<void> {
  await query('iam', `Put${kWord[kind]}Policy`, { [`${kWord[kind]}Name`]: name, PolicyName: policy, PolicyDocument: document });
}

/** Managed policies that can be attached: AWS's and the account's own. */
export async function managedPolicies(signal?: AbortSignal): Promise<{ name: string; arn: string }[]> {
  const found: { name: string; arn: string }[] = [];
  let marker = '';
  do {
    const root = await query('iam', 'ListPolicies', { MaxItems: '1000', ...(marker ? { Marker: marker } : {}) }, signal);
    for (const m of members(root, 'Policies')) found.push({ name: textOf(m, 'PolicyName'), arn: textOf(m, 'Arn') });
    marker = textOf(root, 'Marker');
  } while (marker);
  return found;
}

export async function setAttached(kind: Kind, name: string, arn: string, attached: boolean): Promise<void> {
  await query('iam', `${attached ? 'Attach' : 'Detach'}${kWord[kind]}Policy`, { [`${kWord[kind]}Name`]: name, PolicyArn: arn });
}

/** Where the statement that a simulation names stands: a principal's own policy, or its group's. */
export async function findMatched(arn: string, id: string, signal?: AbortSignal): Promise<{ kind: Kind; principal: string; policy: string; text: string } | null> {
  const kind: Kind = arn.includes(':role/') ? 'role' : arn.includes(':group/') ? 'group' : 'user';
  const name = arn.split('/').pop()!;
  const holders: [Kind, string][] = [[kind, name]];
  if (kind === 'user') holders.push(...(await groupsOf(name, signal).catch(() => [])).map((group): [Kind, string] => ['group', group]));
  for (const [holder, principal] of holders) {
    for (const policy of await listPolicies(holder, principal, signal)) {
      const known = policy.arn ? [policy.arn, policy.name] : [`${holder}_${principal}_${policy.name}`, policy.name];
      if (known.includes(id)) return { kind: holder, principal, policy: policy.name, text: await getPolicy(holder, principal, policy, signal) };
    }
  }
  return null;
}

export async function deletePolicy(kind: Kind, name: string, policy: string): Promise<void> {
  await query('iam', `Delete${kWord[kind]}Policy`, { [`${kWord[kind]}Name`]: name, PolicyName: policy });
}

export interface Verdict {
  action: string;
  resource: string;
  decision: string;
  /** The policies that matched, and where their statement begins in them, where the server says. */
  matched: { policy: string; type: string; line: number; column: number; endLine: number; endColumn: number }[];
  missing: string[];
}

export async function simulate(arn: string, actions: string[], resources: string[], context: { key: string; value: string }[]): Promise<Verdict[]> {
  const input: Record<string, string | string[]> = { PolicySourceArn: arn, ActionNames: actions };
  if (resources.length > 0) input['ResourceArns'] = resources;
  context.forEach(({ key, value }, i) => {
    input[`ContextEntries.member.${i + 1}.ContextKeyName`] = key;
    input[`ContextEntries.member.${i + 1}.ContextKeyType`] = 'string';
    input[`ContextEntries.member.${i + 1}.ContextKeyValues.member.1`] = value;
  });
  const results: Element[] = [];
  let marker = '';
  do {
    const root = await query('iam', 'SimulatePrincipalPolicy', { ...input, ...(marker ? { Marker: marker } : {}) });
    results.push(...members(root, 'EvaluationResults'));
    marker = textOf(root, 'Marker');
  } while (marker);
  return results.map((m) => ({
    action: textOf(m, 'EvalActionName'),
    resource: textOf(m, 'EvalResourceName'),
    decision: textOf(m, 'EvalDecision'),
    matched: members(m, 'MatchedStatements').map((s) => {
      const place = (end: string, part: string) => Number(textOf(s.getElementsByTagNameNS('*', end)[0] ?? document.createElement('none'), part) || 0);
      return {
        policy: textOf(s, 'SourcePolicyId'),
        type: textOf(s, 'SourcePolicyType'),
        line: place('StartPosition', 'Line'),
        column: place('StartPosition', 'Column'),
        endLine: place('EndPosition', 'Line'),
        endColumn: place('EndPosition', 'Column'),
      };
    }),
    missing: members(m, 'MissingContextValues').map((v) => v.textContent ?? ''),
  }));
}
