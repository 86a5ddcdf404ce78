#include "net/http_server.h"

#include <algorithm>
#include <csignal>
#include <unordered_set>

#include "core/guarded.h"
#include "net/detail/acceptor.h"
#include "net/detail/http_connection.h"

namespace gyre::net {
namespace {

using detail::HttpConnection;
using LiveConnections = core::Guarded<std::unordered_set<std::shared_ptr<HttpConnection>>>;

/// Looks every `period` for connections whose time is up, on one reactor, until the server has
/// stopped: those that linger are to end within its grace.
void SweepLater(const std::shared_ptr<LiveConnections>& live,
                const std::shared_ptr<detail::HttpServerShared>& shared,
                const std::shared_ptr<detail::Reactor>& reactor, core::milliseconds period) {
    std::weak_ptr<detail::Reactor> weak = reactor;
    reactor->RunAfter(period, [live, shared, weak, period] {
        const auto self = weak.lock();
        if (!self || shared->stopped) return;
        const auto all = *live->Lock();
        const auto now = std::chrono::steady_clock::now();
        for (const auto& connection : all) {
            if (connection->GetReactor() == self) connection->CheckDeadline(now);
        }
        SweepLater(live, shared, self, period);
    });
}

class ReactorServer final : public HttpServer {
  public:
    ReactorServer(const HttpServerOptions& options, Handler handler)
        : own_loop_(options.loop != nullptr
                        ? nullptr
                        : std::make_unique<IoLoop>(options.threads, "net-http")),
          reactors_((own_loop_ ? own_loop_.get() : options.loop)->Reactors()),
          shared_(std::make_shared<detail::HttpServerShared>()),
          live_(std::make_shared<LiveConnections>()) {
        shared_->options = options;
        shared_->handler = std::move(handler);
        shared_->on_close = [live = live_](HttpConnection& connection) {
            live->Lock()->erase(connection.shared_from_this());
            live->NotifyAll();
        };
    }
    ~ReactorServer() override { Stop(core::milliseconds(0)); }

    core::Status Listen() {
        GYRE_ASSIGN(acceptor_, detail::Acceptor::Start(reactors_.front(), shared_->options.address,
                                                       [this](detail::Fd fd, std::string remote) {
                                                           Add(std::move(fd), std::move(remote));
                                                       }));
        const auto& options = shared_->options;
        const core::milliseconds shortest =
            std::min({options.head_timeout, options.idle_timeout, options.body_timeout});
        for (const auto& reactor : reactors_) {
            SweepLater(live_, shared_, reactor,
                       std::clamp(shortest / 4, core::milliseconds(10), core::milliseconds(1000)));
        }
        return {};
    }

    std::string Address() const override { return acceptor_->Address(); }
    size_t Connections() const override { return live_->Lock()->size(); }

    void Stop(core::milliseconds grace) override {
        shared_->stopping = true;
        if (acceptor_) acceptor_->Close();
        ForEach([](HttpConnection& connection) { connection.CloseIfIdle(); });
        {
            auto live = live_->Lock();
            live.WaitUntil(std::chrono::steady_clock::now() + grace,
                           [&live] { return live->empty(); });
        }
        ForEach([](HttpConnection& connection) { connection.Close(); });
        shared_->stopped = true;
    }

  private:
    void Add(detail::Fd fd, std::string remote) {
        if (Connections() >= shared_->options.max_connections) return;
        const auto& reactor = reactors_[next_++ % reactors_.size()];
        auto connection =
            std::make_shared<HttpConnection>(reactor, std::move(fd), std::move(remote), shared_);
        live_->Lock()->insert(connection);
        if (reactor->OnThread()) return connection->Start();
        reactor->Post([connection] { connection->Start(); });
    }

    /// Calls `act` for each connection on its reactor's thread, and waits for it.
    void ForEach(const std::function<void(HttpConnection&)>& act) {
        for (const auto& reactor : reactors_) {
            reactor->RunSync([&] {
                const auto all = *live_->Lock();
                for (const auto& connection : all) {
                    if (connection->GetReactor() == reactor) act(*connection);
                }
            });
        }
    }

    const std::unique_ptr<IoLoop> own_loop_;
    const std::vector<std::shared_ptr<detail::Reactor>> reactors_;
    const std::shared_ptr<detail::HttpServerShared> shared_;
    const std::shared_ptr<LiveConnections> live_;
    std::shared_ptr<detail::Acceptor> acceptor_;
    size_t next_ = 0;  // the accepting reactor's thread only
};

}  // namespace

core::Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                            Handler handler) {
    std::signal(SIGPIPE, SIG_IGN);
    auto server = std::make_unique<ReactorServer>(options, std::move(handler));
    GYRE_TRY(server->Listen());
    return server;
}

}  // namespace gyre::net
