#include <unordered_map>

#include "core/guarded.h"
#include "net/detail/frame_stream.h"
#include "net/detail/socket.h"
#include "net/frame_channel.h"

namespace gyre::net {
namespace {

constexpr core::seconds kConnectTime{5};

core::Error Gone() {
    return {core::Code::kUnavailable, "the model host's connection has ended"};
}

class Client final : public FrameClient {
  public:
    Client(FrameClientOptions options, std::unique_ptr<IoLoop> own_loop, detail::Fd fd)
        : own_loop_(std::move(own_loop)),
          reactor_((own_loop_ ? own_loop_.get() : options.loop)->Reactors().front()),
          limits_(options.limits),
          on_disconnect_(std::move(options.on_disconnect)),
          stream_(std::make_shared<detail::FrameStream>(reactor_, std::move(fd), limits_)) {
        reactor_->RunSync([this, &options] {
            stream_->Start([this](Frame frame) { OnReply(std::move(frame)); },
                           [this] { OnClose(); });
            if (!options.secret.empty()) {
                stream_->Send({.kind = kFrameHello, .head = options.secret});
            }
            stream_->OfferMemory();
        });
    }
    ~Client() override { Close(); }

    void Send(Frame frame, Done done) override {
        if (frame.head.size() > limits_.max_head_bytes ||
            frame.body.size() > limits_.max_body_bytes) {
            return FailSoon(
                std::move(done),
                {core::Code::kInvalidArgument,
                 "a frame's head has at most " + std::to_string(limits_.max_head_bytes) +
                     " bytes and its body " + std::to_string(limits_.max_body_bytes)});
        }
        auto lent = stream_->Share(frame.body);
        {
            auto state = state_.Lock();
            if (!state->connected) return FailSoon(std::move(done), Gone());
            frame.id = ++state->last_id;
            state->pending.emplace(frame.id, Asked{std::move(done), std::move(lent)});
        }
        stream_->Send(std::move(frame));
    }

    core::BodyMemory NewMemory(size_t size) override { return stream_->NewMemory(size); }

    bool Connected() const override { return state_.Lock()->connected; }
    size_t Pending() const override { return state_.Lock()->pending.size(); }

    void Close() override {
        reactor_->RunSync([this] {
            closing_ = true;
            stream_->Close();
        });
    }

  private:
    struct Asked {
        Done done;
        std::shared_ptr<const void> lent;  ///< the server may answer with it
    };
    struct State {
        bool connected = true;
        uint64_t last_id = 0;
        std::unordered_map<uint64_t, Asked> pending;
    };

    void FailSoon(Done done, core::Error error) {
        reactor_->Post(
            [done = std::move(done), error = std::move(error)] { done(core::Fail(error)); });
    }

    void OnReply(Frame frame) {
        Done done;
        std::shared_ptr<const void> lent;
        {
            auto state = state_.Lock();
            const auto it = state->pending.find(frame.id);
            if (it == state->pending.end()) return;
            if (frame.more) {
                done = it->second.done;
            } else {
                done = std::move(it->second.done);
                lent = std::move(it->second.lent);
                state->pending.erase(it);
            }
        }
        lent = nullptr;  // after the lock, and before the answer is anybody's
        if (frame.kind == kFrameDropped) {
            return done(core::Fail(core::Code::kInternal,
                                   "the model host dropped the request without an answer"));
        }
        done(std::move(frame));
    }

    void OnClose() {
        std::unordered_map<uint64_t, Asked> pending;
        {
            auto state = state_.Lock();
            state->connected = false;
            pending.swap(state->pending);
        }
        for (auto& [id, asked] : pending) asked.done(core::Fail(Gone()));
        if (on_disconnect_ && !closing_) on_disconnect_();
    }

    const std::unique_ptr<IoLoop> own_loop_;
    const std::shared_ptr<detail::Reactor> reactor_;
    const FrameLimits limits_;
    const std::function<void()> on_disconnect_;
    bool closing_ = false;  // the reactor's thread only
    core::Guarded<State> state_;
    const std::shared_ptr<detail::FrameStream> stream_;
};

}  // namespace

core::Result<std::unique_ptr<FrameClient>> FrameClient::Connect(const std::string& path,
                                                                FrameClientOptions options) {
    GYRE_ASSIGN(detail::Fd fd, detail::Connect(detail::ChannelAddress(path),
                                               std::chrono::steady_clock::now() + kConnectTime));
    auto own_loop = options.loop ? nullptr : std::make_unique<IoLoop>(1, "net-frames");
    return std::make_unique<Client>(std::move(options), std::move(own_loop), std::move(fd));
}

}  // namespace gyre::net
