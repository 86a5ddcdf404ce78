#include "net/rpc.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "core/log.h"
#include "net/detail/rpc_session.h"

namespace gyre::net {
namespace {

using detail::RpcEvent;
using detail::RpcSession;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113, 3.4

struct Shared {
    RpcOptions options;
    RpcHandler handler;
};

tl::unexpected<core::Error> GivenUp() {
    return core::Fail(core::Code::kCancelled, "the client has given up");
}

/// One client's connection. Bytes come on its io thread, calls are worked on from any: the session
/// is behind the lock, and handlers are called outside it.
class Connection final : public UpgradeSink, public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<const Shared> shared, std::shared_ptr<Upgraded> line,
               const std::string& remote)
        : shared_(std::move(shared)),
          line_(std::move(line)),
          state_(State{.session = std::make_unique<RpcSession>(shared_->options, remote)}) {}

    void OnBytes(std::string_view bytes) override;
    void OnIdle() override;
    void OnStop() override {
        Say([](RpcSession& session) { session.GoAway(); });
    }
    void OnEnd() override;

    // For the calls.
    void Read(int32_t call, RpcCall::ReadDone done);
    template <typename Act>
    void Say(const Act& act) {
        std::vector<RpcEvent> events;
        {
            auto state = state_.Lock();
            if (state->gone) return;
            act(*state->session);
            events = Flush(*state);
        }
        Heed(std::move(events));
    }
    /// Nobody reads of it any more.
    void ForgetRead(int32_t call);
    [[nodiscard]] bool Cancelled(int32_t call) const {
        auto state = state_.Lock();
        return state->gone || !state->session->IsOpen(call);
    }

  private:
    struct State {
        std::unique_ptr<RpcSession> session;
        std::map<int32_t, RpcCall::ReadDone> reads;
        bool gone = false;
    };

    /// Sends what is to be sent; what happened is to be heeded when the lock is let go.
    [[nodiscard]] std::vector<RpcEvent> Flush(State& state) {
        std::string output = state.session->Output();
        if (!output.empty()) line_->WriteSoon(std::move(output));
        if (state.session->Over()) line_->End();
        return state.session->TakeEvents();
    }
    void Heed(std::vector<RpcEvent> events);
    void Open(int32_t call, RpcHead head);
    void Deliver(int32_t call);

    const std::shared_ptr<const Shared> shared_;
    const std::shared_ptr<Upgraded> line_;
    core::Guarded<State> state_;
    // The io thread's.
    core::SteadyTime last_bytes_ = std::chrono::steady_clock::now();
    core::SteadyTime swept_ = last_bytes_;
    bool asked_ = false;  ///< a ping is out, and nothing came since
};

class Call final : public RpcCall {
  public:
    Call(std::shared_ptr<Connection> connection, int32_t id, RpcHead head)
        : connection_(std::move(connection)), id_(id), head_(std::move(head)) {}
    ~Call() override {
        if (finished_) return;
        if (!Cancelled()) {
            core::LogError("a call was dropped unanswered", {{"request", head_.request_id}});
        }
        Finish({RpcCode::kInternal, "the call was dropped unanswered"});
    }

    const RpcHead& Head() const override { return head_; }
    void Read(ReadDone done) override { connection_->Read(id_, std::move(done)); }
    void Write(std::string message) override {
        connection_->Say([&](RpcSession& session) { session.Write(id_, message); });
    }
    void Finish(RpcStatus status) override {
        if (finished_.exchange(true)) return;
        connection_->Say([&](RpcSession& session) { session.Finish(id_, status); });
        connection_->ForgetRead(id_);
    }
    void Answer(std::string message) override {
        if (finished_.exchange(true)) return;
        connection_->Say([&](RpcSession& session) {
            session.Write(id_, message);
            session.Finish(id_, {});
        });
        connection_->ForgetRead(id_);
    }
    bool Cancelled() const override { return connection_->Cancelled(id_); }

  private:
    const std::shared_ptr<Connection> connection_;
    const int32_t id_;
    const RpcHead head_;
    std::atomic<bool> finished_{false};
};

void Connection::OnBytes(std::string_view bytes) {
    const core::SteadyTime now = std::chrono::steady_clock::now();
    last_bytes_ = now;
    asked_ = false;
    bool good = true;
    Say([&](RpcSession& session) {
        good = session.Receive(bytes, now);
        if (now - swept_ <= shared_->options.stall / 4) return;
        swept_ = now;
        session.FailStalled(now - shared_->options.stall);
    });
    if (!good) line_->End();
}

void Connection::OnIdle() {
    const core::SteadyTime now = std::chrono::steady_clock::now();
    bool deserted = false;
    Say([&](RpcSession& session) {
        session.FailStalled(now - shared_->options.stall);
        if (session.Calls() == 0) {
            if (now - last_bytes_ >= shared_->options.idle) session.GoAway();
            return;
        }
        deserted = asked_;
        asked_ = true;
        session.Ping();
    });
    if (deserted) line_->End();
}

void Connection::Heed(std::vector<RpcEvent> events) {
    for (RpcEvent& event : events) {
        if (event.kind == RpcEvent::Kind::kOpened) {
            Open(event.call, std::move(event.head));
        } else {
            Deliver(event.call);
        }
    }
}

void Connection::OnEnd() {
    std::map<int32_t, RpcCall::ReadDone> reads;
    {
        auto state = state_.Lock();
        state->gone = true;
        reads.swap(state->reads);
    }
    for (const auto& [call, done] : reads) done(GivenUp());
}

void Connection::Open(int32_t call, RpcHead head) {
    const std::string id = head.request_id;
    try {
        shared_->handler(std::make_shared<Call>(shared_from_this(), call, std::move(head)));
    } catch (const std::exception& error) {
        core::LogError("a call's handler threw", {{"request", id}, {"what", error.what()}});
    }
}

void Connection::Read(int32_t call, RpcCall::ReadDone done) {
    std::optional<core::Result<RpcCall::Message>> there;
    std::vector<RpcEvent> events;
    {
        auto state = state_.Lock();
        if (state->gone) {
            there = GivenUp();
        } else {
            there = state->session->Take(call);
            events = Flush(*state);  // there may be a new window to tell of
        }
        if (!there) state->reads.insert_or_assign(call, std::exchange(done, nullptr));
    }
    if (done) done(std::move(*there));
    Heed(std::move(events));
}

void Connection::Deliver(int32_t call) {
    RpcCall::ReadDone done;
    std::optional<core::Result<RpcCall::Message>> there;
    std::vector<RpcEvent> events;
    {
        auto state = state_.Lock();
        const auto read = state->reads.find(call);
        if (read == state->reads.end()) return;
        there = state->session->Take(call);
        if (!there) return;
        done = std::move(read->second);
        state->reads.erase(read);
        events = Flush(*state);
    }
    done(std::move(*there));
    Heed(std::move(events));
}

void Connection::ForgetRead(int32_t call) {
    RpcCall::ReadDone done;
    {
        auto state = state_.Lock();
        const auto read = state->reads.find(call);
        if (read == state->reads.end()) return;
        done = std::move(read->second);
        state->reads.erase(read);
    }
    done(GivenUp());
}

}  // namespace

std::shared_ptr<const OtherProtocol> MakeRpcProtocol(RpcOptions options, RpcHandler handler) {
    auto shared = std::make_shared<Shared>();
    shared->options = options;
    shared->handler = std::move(handler);
    auto protocol = std::make_shared<OtherProtocol>();
    protocol->preamble = kPreface;
    protocol->idle = std::min(options.idle, options.stall);
    protocol->open = [shared = std::shared_ptr<const Shared>(std::move(shared))](
                         const std::shared_ptr<Upgraded>& line,
                         const std::string& remote) -> std::shared_ptr<UpgradeSink> {
        return std::make_shared<Connection>(shared, line, remote);
    };
    return protocol;
}

}  // namespace gyre::net
