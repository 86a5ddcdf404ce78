import 'uplot/dist/uPlot.min.css';
import './styles/fonts.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/dialogs.css';
import './styles/lists.css';
import './styles/endpoint.css';
import './styles/objects.css';
import './styles/access.css';
import './styles/graph.css';
import './styles/lines.css';
import './styles/sign_in.css';
import { render } from 'preact';
import { resume, session } from './api/session';
import { App } from './app';
import { SignIn } from './pages/sign_in';
import { useStore } from './store';
import './theme';
import { Toasts } from './ui/toast';

function Root() {
  const who = useStore(session);
  if (who === undefined) return null; // the server is asked first, which takes some milliseconds
  return (
    <>
      {who ? <App /> : <SignIn />}
      <Toasts />
    </>
  );
}

void resume();
render(<Root />, document.getElementById('app')!);
