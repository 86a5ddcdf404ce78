#include "graph/door/bolt_socket.h"

#include <deque>
#include <optional>
#include <utility>

#include "core/guarded.h"

namespace gyre::graph::door {
namespace {

constexpr std::string_view kPreamble("\x60\x60\xB0\x17", 4);
constexpr size_t kProposals = 16;
constexpr std::string_view kReset("\xB0\x0F", 2);

/// Puts chunks together to messages.
class Dechunker {
  public:
    explicit Dechunker(size_t max_bytes) : max_bytes_(max_bytes) {}
    void Add(std::string_view bytes) { input_ += bytes; }
    /// The next whole message; nullopt when more must come, `broken` when it is too large.
    std::optional<std::string> Next(bool& broken) {
        while (input_.size() - at_ >= 2) {
            const size_t size = static_cast<size_t>(static_cast<uint8_t>(input_[at_])) << 8 |
                                static_cast<uint8_t>(input_[at_ + 1]);
            if (input_.size() - at_ - 2 < size) break;
            message_.append(input_, at_ + 2, size);
            at_ += 2 + size;
            broken = message_.size() > max_bytes_;
            if (broken) return std::nullopt;
            if (size == 0 && !message_.empty()) return std::exchange(message_, {});
        }
        input_.erase(0, at_);
        at_ = 0;
        return std::nullopt;
    }

  private:
    const size_t max_bytes_;
    std::string input_, message_;
    size_t at_ = 0;
};

/// One client's connection. Bytes come on an io thread, messages are worked off by one pool task at
/// a time.
class BoltSocket final : public net::UpgradeSink, public std::enable_shared_from_this<BoltSocket> {
  public:
    BoltSocket(std::shared_ptr<const BoltOptions> options, std::shared_ptr<net::Upgraded> line,
               const std::string& remote)
        : options_(std::move(options)),
          line_(std::move(line)),
          chunks_(options_->max_message_bytes) {
        session_options_ = options_->session(remote);
        const auto begin = std::move(session_options_.begin);
        session_options_.begin = [this, begin](const std::string& query) {
            core::CancelToken cancel = begin(query);
            auto state = state_.Lock();
            if (state->ended || state->resets > 0) cancel.Cancel();
            state->running = cancel;
            return cancel;
        };
        const auto end = std::move(session_options_.end);
        session_options_.end = [this, end] {
            state_.Lock()->running.reset();
            end();
        };
    }

    void OnBytes(std::string_view bytes) override {
        if (!shaken_) {
            greeting_ += bytes;
            if (greeting_.size() < kPreamble.size() + kProposals) return;
            ShakeHands();
            if (!shaken_) return;
            bytes = std::string_view(greeting_).substr(kPreamble.size() + kProposals);
        }
        chunks_.Add(bytes);
        bool broken = false;
        while (auto message = chunks_.Next(broken)) Queue(std::move(*message));
        if (broken) line_->End();
    }
    void OnIdle() override {
        auto state = state_.Lock();
        if (!state->working && session_) session_->Expire();
    }
    void OnStop() override { line_->End(); }
    void OnEnd() override {
        auto state = state_.Lock();
        state->ended = true;
        state->waiting.clear();
        if (state->running) state->running->Cancel();
        if (!state->working) session_.reset();  // rolled back; else by whoever works
    }

  private:
    struct State {
        std::deque<std::string> waiting;
        size_t resets = 0;  ///< among those that wait
        bool working = false;
        bool paused = false;
        bool ended = false;
        std::optional<core::CancelToken> running;
    };

    void ShakeHands() {
        const bolt::Dialect dialect =
            ChooseDialect(std::string_view(greeting_).substr(kPreamble.size(), kProposals));
        line_->WriteSoon(
            {'\0', '\0', static_cast<char>(dialect.minor), static_cast<char>(dialect.major)});
        if (dialect.major == 0) return line_->End();
        session_ = std::make_unique<bolt::Session>(session_options_, dialect);
        shaken_ = true;
    }

    void Queue(std::string message) {
        bool begin = false;
        {
            auto state = state_.Lock();
            if (message.starts_with(kReset)) {
                ++state->resets;
                if (state->running) state->running->Cancel();
            }
            state->waiting.push_back(std::move(message));
            if (state->waiting.size() >= options_->max_waiting) {
                state->paused = true;
                line_->Pause();
            }
            begin = !std::exchange(state->working, true);
        }
        if (begin) Continue();
    }

    void Continue() {
        const bool writes = session_ && session_->Writes();
        core::WorkerPool& pool = writes ? *options_->writers : *options_->pool;
        if (!pool.TrySubmit([self = shared_from_this(), writes] { self->Work(writes); })) {
            line_->End();
        }
    }

    /// A few messages, then others have their turn. `writes`: in the pool of those who write, which
    /// is left with the turn to write.
    void Work(bool writes) {
        for (int turns = 0; turns < 64; ++turns) {
            std::string message;
            {
                auto state = state_.Lock();
                if (state->ended) session_.reset();
                if (state->waiting.empty() || state->ended) {
                    state->working = false;
                    return;
                }
                if (writes && !session_->Writes()) break;
                message = std::move(state->waiting.front());
                state->waiting.pop_front();
                if (message.starts_with(kReset)) --state->resets;
                if (state->paused && state->waiting.size() < options_->max_waiting / 2) {
                    state->paused = false;
                    line_->Resume();
                }
            }
            std::string answers;
            const bool goes_on = session_->Take(message, answers);
            const bool sent = answers.empty() || line_->Write(answers).has_value();
            if (goes_on && sent) continue;
            line_->End();
            state_.Lock()->ended = true;
        }
        Continue();
    }

    const std::shared_ptr<const BoltOptions> options_;
    const std::shared_ptr<net::Upgraded> line_;
    bolt::SessionOptions session_options_;
    // The io thread's.
    bool shaken_ = false;
    std::string greeting_;
    Dechunker chunks_;
    core::Guarded<State> state_;
    std::unique_ptr<bolt::Session> session_;  ///< of whoever works
};

}  // namespace

bolt::Dialect ChooseDialect(std::string_view proposals) {
    static constexpr std::pair<int, int> kNewest[] = {{5, 4}, {4, 4}};  // and all of 5 below
    for (size_t i = 0; i + 4 <= proposals.size(); i += 4) {
        const int range = static_cast<uint8_t>(proposals[i + 1]);
        const int minor = static_cast<uint8_t>(proposals[i + 2]);
        const int major = static_cast<uint8_t>(proposals[i + 3]);
        for (const auto& [ours, newest] : kNewest) {
            const int oldest = ours == 4 ? 4 : 0;
            if (major != ours || minor - range > newest || minor < oldest) continue;
            return {major, std::min(minor, newest)};
        }
    }
    return {0, 0};
}

std::shared_ptr<const net::OtherProtocol> BoltProtocol(BoltOptions options) {
    auto protocol = std::make_shared<net::OtherProtocol>();
    protocol->preamble = std::string(kPreamble);
    protocol->open = [options = std::make_shared<BoltOptions>(std::move(options))](
                         const std::shared_ptr<net::Upgraded>& line,
                         const std::string& remote) -> std::shared_ptr<net::UpgradeSink> {
        return std::make_shared<BoltSocket>(options, line, remote);
    };
    return protocol;
}

}  // namespace gyre::graph::door
