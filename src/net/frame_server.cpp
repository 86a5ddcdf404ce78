#include <openssl/crypto.h>

#include <atomic>
#include <unordered_set>

#include "core/guarded.h"
#include "core/log.h"
#include "net/detail/acceptor.h"
#include "net/detail/frame_stream.h"
#include "net/frame_channel.h"

namespace gyre::net {
namespace {

/// Where one request's reply goes; answers kFrameDropped when it goes without one.
class ReplySlot {
  public:
    ReplySlot(std::shared_ptr<detail::FrameStream> stream, uint64_t id)
        : stream_(std::move(stream)), id_(id) {}
    ReplySlot(const ReplySlot&) = delete;
    ReplySlot& operator=(const ReplySlot&) = delete;
    ~ReplySlot() {
        if (stream_) Send({.kind = kFrameDropped});
    }

    void Send(Frame frame) {
        const auto stream = frame.more ? stream_ : std::exchange(stream_, nullptr);
        if (!stream) return core::LogError("a frame was answered twice");
        frame.id = id_;
        stream->Send(std::move(frame));
    }

  private:
    std::shared_ptr<detail::FrameStream> stream_;
    const uint64_t id_;
};

class SocketFrameServer final : public FrameServer {
  public:
    SocketFrameServer(Handler handler, const FrameServerOptions& options)
        : own_loop_(options.loop ? nullptr : std::make_unique<IoLoop>(1, "net-frames")),
          reactor_((own_loop_ ? own_loop_.get() : options.loop)->Reactors().front()),
          limits_(options.limits),
          secret_(options.secret),
          handler_(std::move(handler)) {}
    ~SocketFrameServer() override { Stop(); }

    core::Status Listen(const std::string& path) {
        GYRE_ASSIGN(acceptor_, detail::Acceptor::Start(reactor_, detail::ChannelAddress(path),
                                                       [this](detail::Fd fd, const std::string&) {
                                                           Add(std::move(fd));
                                                       }));
        return {};
    }

    size_t Clients() const override {
        return streams_.Lock()->size() - static_cast<size_t>(strangers_);
    }
    std::string Address() const override { return acceptor_->Address(); }

    void Stop() override {
        reactor_->RunSync([this] {
            if (acceptor_) acceptor_->Close();
            const auto streams = *streams_.Lock();
            for (const auto& stream : streams) stream->Close();
        });
    }

  private:
    void Add(detail::Fd fd) {
        auto stream = std::make_shared<detail::FrameStream>(reactor_, std::move(fd), limits_);
        streams_.Lock()->insert(stream);
        auto* const raw = stream.get();
        const auto known = std::make_shared<bool>(secret_.empty());
        if (!*known) strangers_++;
        stream->AcceptMemory();
        stream->Start(
            [this, raw, known](Frame frame) {
                if (*known) return Handle(*raw, std::move(frame));
                if (!ShowsSecret(frame)) return raw->Close();
                *known = true;
                strangers_--;
            },
            [this, raw, known] {
                streams_.Lock()->erase(raw->shared_from_this());
                if (!*known) strangers_--;
            });
    }

    bool ShowsSecret(const Frame& frame) const {
        return frame.kind == kFrameHello && frame.head.size() == secret_.size() &&
               CRYPTO_memcmp(frame.head.data(), secret_.data(), secret_.size()) == 0;
    }

    void Handle(detail::FrameStream& stream, Frame frame) {
        auto slot = std::make_shared<ReplySlot>(stream.shared_from_this(), frame.id);
        try {
            handler_(std::move(frame), [slot](Frame reply) { slot->Send(std::move(reply)); });
        } catch (const std::exception& error) {
            core::LogError("a frame handler threw", {{"what", error.what()}});
        }
    }

    const std::unique_ptr<IoLoop> own_loop_;
    const std::shared_ptr<detail::Reactor> reactor_;
    const FrameLimits limits_;
    const std::string secret_;
    std::atomic<int> strangers_{0};  ///< that have not shown the secret yet
    const Handler handler_;
    std::shared_ptr<detail::Acceptor> acceptor_;
    core::Guarded<std::unordered_set<std::shared_ptr<detail::FrameStream>>> streams_;
};

}  // namespace

core::Result<std::unique_ptr<FrameServer>> FrameServer::Start(const std::string& path,
                                                              Handler handler,
                                                              FrameServerOptions options) {
    auto server = std::make_unique<SocketFrameServer>(std::move(handler), options);
    GYRE_TRY(server->Listen(path));
    return server;
}

}  // namespace gyre::net
