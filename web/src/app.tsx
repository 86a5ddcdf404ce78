import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { session, signOut } from './api/session';
import { AlarmPage, AlarmsPage } from './pages/alarms';
import { AuditPage } from './pages/audit';
import { BucketPage } from './pages/bucket';
import { BucketsPage } from './pages/buckets';
import { EndpointPage } from './pages/endpoint';
import { EndpointsPage } from './pages/endpoints';
import { GraphPage } from './pages/graph';
import { LogGroupPage, LogsPage } from './pages/logs';
import { ModelPage, ModelsPage } from './pages/models';
import { ObjectPage } from './pages/object';
import { PrincipalPage, PrincipalsPage } from './pages/principals';
import { SimulatorPage } from './pages/simulator';
import { TransformPage, TransformsPage } from './pages/transforms';
import { go, href, useRoute } from './route';
import { useStore } from './store';
import { isDark, themeChanges, toggleTheme } from './theme';
import { Button, Dialog, Empty } from './ui/basics';
import { Icon, Mark, type IconName } from './ui/icons';
import { allShortcuts, useShortcut } from './ui/keys';

interface Place {
  path: string;
  label: string;
  icon: IconName;
  key: string;
}

const kPlaces: { title: string; places: Place[] }[] = [
  {
    title: 'Serve',
    places: [
      { path: 'endpoints', label: 'Endpoints', icon: 'endpoint', key: 'e' },
      { path: 'models', label: 'Models', icon: 'model', key: 'm' },
      { path: 'transforms', label: 'Transform jobs', icon: 'transform', key: 'j' },
    ],
  },
  {
    title: 'Store',
    places: [
      { path: 'buckets', label: 'Buckets', icon: 'bucket', key: 'b' },
      { path: 'graph', label: 'Graph', icon: 'graph', key: 'q' },
    ],
  },
  {
    title: 'Watch',
    places: [
      { path: 'alarms', label: 'Alarms', icon: 'alarm', key: 'w' },
      { path: 'logs', label: 'Logs', icon: 'logs', key: 'l' },
      { path: 'audit', label: 'Audit', icon: 'audit', key: 'a' },
    ],
  },
  {
    title: 'Access',
    places: [
      { path: 'users', label: 'Users', icon: 'user', key: 'u' },
      { path: 'groups', label: 'Groups', icon: 'group', key: 'g' },
      { path: 'roles', label: 'Roles', icon: 'role', key: 'r' },
      { path: 'simulator', label: 'Policy simulator', icon: 'simulator', key: 'p' },
    ],
  },
];

const kAll = kPlaces.flatMap((group) => group.places);

function page(route: string[]): ComponentChildren {
  const [place, ...rest] = route;
  const name = rest[0] ?? '';
  switch (place) {
    case '':
    case 'endpoints':
      return name ? <EndpointPage key={name} name={name} /> : <EndpointsPage />;
    case 'models':
      return name ? <ModelPage key={name} name={name} /> : <ModelsPage />;
    case 'transforms':
      return name ? <TransformPage key={name} name={name} /> : <TransformsPage />;
    case 'buckets':
      return name ? <BucketPage key={name} bucket={name} prefix={rest.slice(1).join('/')} /> : <BucketsPage />;
    case 'graph':
      return <GraphPage />;
    case 'object':
      return <ObjectPage key={rest.join('/')} bucket={name} objectKey={rest[1] ?? ''} />;
    case 'users':
    case 'groups':
    case 'roles': {
      const kind = place === 'users' ? 'user' : place === 'groups' ? 'group' : 'role';
      return name ? <PrincipalPage key={place + name} kind={kind} name={name} /> : <PrincipalsPage key={place} kind={kind} />;
    }
    case 'simulator':
      return <SimulatorPage />;
    case 'logs':
      return name ? <LogGroupPage key={name} group={name} /> : <LogsPage />;
    case 'alarms':
      return name ? <AlarmPage key={name} name={name} /> : <AlarmsPage />;
    case 'audit':
      return <AuditPage />;
    default:
      return (
        <Empty title="There is no such page">
          <a href={href('endpoints')}>Go to the endpoints</a>
        </Empty>
      );
  }
}

function ThemeButton() {
  useStore(themeChanges);
  return (
    <Button
      kind="plain"
      icon={isDark() ? 'sun' : 'moon'}
      aria-label={isDark() ? 'Light colours' : 'Dark colours'}
      title={isDark() ? 'Light colours (t)' : 'Dark colours (t)'}
      onClick={toggleTheme}
    />
  );
}

function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const places = allShortcuts().filter((s) => s.keys.startsWith('g '));
  const others = allShortcuts().filter((s) => !s.keys.startsWith('g '));
  const list = (title: string, items: { keys: string; does: string }[]) => (
    <div>
      <h3>{title}</h3>
      <dl class="shortcuts">
        {items.map((s) => (
          <div key={s.keys}>
            <dt>
              {s.keys.split(' ').map((key, i) => (
                <kbd key={i}>{key}</kbd>
              ))}
            </dt>
            <dd>{s.does}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
  return (
    <Dialog title="Keyboard" onClose={onClose} wide>
      <div class="shortcut-columns">
        {list('Go to', [...places].reverse())}
        <div>
          {list('On this page', [...others].reverse())}
          {list('In a list', [
            { keys: '↑ ↓', does: 'Move' },
            { keys: 'Enter', does: 'Open' },
            { keys: 'Space', does: 'Select' },
            { keys: 'Home End', does: 'First and last' },
            { keys: 'Delete', does: 'Delete, after a question' },
          ])}
        </div>
      </div>
    </Dialog>
  );
}

function Navigation({ place }: { place: string }) {
  return (
    <nav class="places" aria-label="Places">
      {kPlaces.map((group) => (
        <div key={group.title} class="place-group">
          <h2>{group.title}</h2>
          {group.places.map((item) => (
            <a key={item.path} href={href(item.path)} aria-current={place === item.path ? 'page' : undefined}>
              <Icon name={item.icon} />
              {item.label}
            </a>
          ))}
        </div>
      ))}
    </nav>
  );
}

function PlaceShortcut({ place }: { place: Place }) {
  useShortcut(`g ${place.key}`, place.label, () => go(href(place.path)));
  return null;
}

export function App() {
  const route = useRoute();
  const who = useStore(session)!;
  const main = useRef<HTMLElement>(null);
  const [help, setHelp] = useState(false);
  const [menu, setMenu] = useState(false);
  const place = route[0] === 'object' ? 'buckets' : route[0] || 'endpoints';
  const address = route.join('/');

  useShortcut('?', 'This help', () => setHelp(true));
  useShortcut('/', 'Search', () => document.querySelector<HTMLInputElement>('[data-search]')?.focus());
  useShortcut('t', 'Light or dark', toggleTheme);

  const first = useRef(true);
  useEffect(() => {
    setMenu(false);
    if (first.current) first.current = false;
    else (main.current?.querySelector<HTMLElement>('[role=grid]') ?? main.current)?.focus({ preventScroll: true });
  }, [address]);

  const name = who.arn.split(/[:/]/).pop();
  return (
    <div class={`shell ${menu ? 'menu-open' : ''}`}>
      {kAll.map((item) => (
        <PlaceShortcut key={item.path} place={item} />
      ))}
      <a class="skip" href={location.hash || '#/'} onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to the content
      </a>
      <aside class="side">
        <div class="brand">
          <a href={href('endpoints')} aria-label="Gyre, endpoints">
            <Mark />
            <span>Gyre</span>
          </a>
          <button type="button" class="plain menu-button" aria-label="Menu" aria-expanded={menu} onClick={() => setMenu(!menu)}>
            <Icon name={menu ? 'close' : 'menu'} />
          </button>
        </div>
        <Navigation place={place} />
        <div class="who">
          <div class="who-text">
            <b title={who.arn}>{name}</b>
            <small class="mono" title="Account and region">{who.account} · {who.region}</small>
          </div>
          <div class="who-actions">
            <ThemeButton />
            <Button kind="plain" icon="keyboard" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={() => setHelp(true)} />
            <Button kind="plain" icon="exit" aria-label="Sign out" title="Sign out" onClick={() => void signOut()} />
          </div>
        </div>
      </aside>
      <main ref={main} tabIndex={-1}>
        {page(route)}
      </main>
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </div>
  );
}
