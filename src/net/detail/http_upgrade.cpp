// HttpConnection, once it has left HTTP.
#include <utility>

#include "net/detail/http_connection.h"

namespace gyre::net::detail {

bool HttpConnection::MayUpgrade() const {
    return reactor_->OnThread() && state_ == State::kExchange && body_done_ && !framing_.http10 &&
           !shared_->stopping;
}

void HttpConnection::Upgrade(std::string head, std::shared_ptr<UpgradeSink> sink,
                             core::milliseconds idle) {
    state_ = State::kUpgraded;
    upgrade_ = std::move(sink);
    upgrade_idle_ = idle;
    SetDeadline(idle);
    Write(std::move(head), {});
    // After the handler, which gets the sending side from this call, has come back.
    reactor_->Post([self = shared_from_this()] { self->PumpUpgraded(); });
}

bool HttpConnection::LeaveHttp() {
    const auto& other = shared_->options.other;
    const std::string_view begin = Unread();
    if (begin.empty()) return false;
    if (other && begin.size() < other->preamble.size() && other->preamble.starts_with(begin)) {
        return true;  // more will tell
    }
    may_leave_ = false;
    if (!other || !begin.starts_with(other->preamble)) return false;
    state_ = State::kUpgraded;
    upgrade_idle_ = other->idle;
    SetDeadline(upgrade_idle_);
    upgrade_ = other->open(shared_from_this(), remote_);
    reactor_->Post([self = shared_from_this()] { self->PumpUpgraded(); });
    return true;
}

void HttpConnection::PumpUpgraded() {
    if (pumping_upgraded_) return;
    const auto keep = shared_from_this();
    pumping_upgraded_ = true;
    while (state_ == State::kUpgraded && !paused_) {
        if (!Unread().empty()) {
            std::string bytes;
            if (consumed_ == 0) {
                bytes.swap(input_);  // all of it, without a copy
            } else {
                bytes = Unread();
                Consume(bytes.size());
            }
            SetDeadline(upgrade_idle_);
            const auto sink = upgrade_;
            sink->OnBytes(bytes);
            continue;
        }
        if (!readable_) break;
        const auto got = ReceiveMore();
        if (!got) {
            Close();
            break;
        }
        NoteReceived(*got, kReceiveBytes);
    }
    pumping_upgraded_ = false;
}

void HttpConnection::Resume() {
    if (!paused_.exchange(false)) return;
    reactor_->Post([self = shared_from_this()] { self->PumpUpgraded(); });
}

void HttpConnection::End() {
    reactor_->Post([self = shared_from_this()] {
        if (self->state_ != State::kUpgraded) return;
        self->state_ = State::kExchange;  // as if the last answer were given
        self->close_after_ = true;
        self->deadline_.reset();
        if (self->upgrade_) std::exchange(self->upgrade_, nullptr)->OnEnd();
        self->AnswerDone();
    });
}

}  // namespace gyre::net::detail
